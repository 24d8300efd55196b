/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections: names resolved through exports, ends of the right kind and number, nothing left open. */
#include <string.h>

#include "elaborate.h"

/* How often an interface is connected. */
struct use {
	unsigned int count;
};

struct end_rule {
	const char *type;
	enum adl_interface_kind from;
	enum adl_interface_kind to;
	const char *from_word;
	const char *to_word;
};

static const struct end_rule rules[] = {
	{ "Procedure", INTERFACE_USES, INTERFACE_PROVIDES, "uses", "provides" },
	{ "Event", INTERFACE_EMITS, INTERFACE_CONSUMES, "emits", "consumes" },
	{ "Dataport", INTERFACE_DATAPORT, INTERFACE_DATAPORT, "dataport", "dataport" },
};

/* Of an end with that declaration: which interfaces fit. */
static void rule_of(const struct adl_connector_end *end, bool to, enum adl_interface_kind *kind,
		    const char **word)
{
	size_t i = 0;

	while (i < 2 && strcmp(rules[i].type, end->type) != 0)
		i++;
	*kind = to ? rules[i].to : rules[i].from;
	*word = to ? rules[i].to_word : rules[i].from_word;
}

/* Their interfaces are written elsewhere: nothing depends on them here. */
static bool declares_nothing(const struct adl_component *c)
{
	return c->project || c->replaced;
}

/* Follows exports inwards until an interface that a component has itself. False: said why not. */
static bool resolve(struct elaboration *e, const struct scope *s, const struct adl_end *in,
		    struct adl_end *out)
{
	struct place *p = elaborate_find(e, s, in->instance);
	const struct adl_export *x;
	const char *near;

	if (!p) {
		near = in->instance ? elaborate_nearest(e, s, in->instance) : NULL;
		if (near)
			diagnostic_error(e->diagnostics, out->at,
					 "there is no instance '%s'; did you mean '%s'?",
					 in->instance, near);
		else
			diagnostic_error(e->diagnostics, out->at,
					 "there is no instance '%s'; write INSTANCE.INTERFACE",
					 in->instance ? in->instance : in->interface);
		return false;
	}
	x = p->inside ? elaborate_export(e, p->inside, in->interface) : NULL;
	if (x)
		return resolve(e, p->inside, x->inner, out);
	out->face = adl_interface(p->instance->component, in->interface);
	if (!out->face && !declares_nothing(p->instance->component))
		diagnostic_error(e->diagnostics, out->at,
				 "component %s has no interface '%s'; add it or correct "
				 "the name",
				 p->instance->component->name, in->interface);
	out->target = p->instance;
	out->instance = p->instance->name;
	out->interface = in->interface;
	return out->face || declares_nothing(p->instance->component);
}

/* In a compound `to i` is its own interface i, or what is exported to it. */
static bool resolve_end(struct elaboration *e, const struct scope *s, const struct adl_end *in,
			struct adl_end *out)
{
	const struct adl_component *c = s->owner ? s->owner->component : NULL;
	const struct adl_export *x;

	if (in->instance || !c || !adl_interface(c, in->interface))
		return resolve(e, s, in, out);
	x = elaborate_export(e, s, in->interface);
	if (x)
		return resolve(e, s, x->inner, out);
	out->face = adl_interface(c, in->interface);
	out->target = s->owner;
	out->instance = s->owner->name;
	return true;
}

static bool check_end(struct elaboration *e, const struct adl_connector *c, const struct adl_end *end)
{
	const struct adl_connector_end *rule = end->to ? &c->to : &c->from;
	enum adl_interface_kind kind;
	const char *word;

	if (!end->face)
		return true;
	rule_of(rule, end->to, &kind, &word);
	if (end->face->kind != kind)
		diagnostic_error(e->diagnostics, end->at,
				 "'%s.%s' cannot be at the %s end of %s; an interface of "
				 "kind '%s' can",
				 end->instance, end->interface, end->to ? "to" : "from", c->name,
				 word);
	else if (rule->hardware != end->target->component->hardware &&
		 (end->to || !prelude_names_hardware(c->name)))
		diagnostic_error(e->diagnostics, end->at,
				 "the %s end of %s is a component %s `hardware;`, and %s is %s; "
				 "use another connector or turn the ends round",
				 end->to ? "to" : "from", c->name,
				 rule->hardware ? "with" : "without", end->target->component->name,
				 rule->hardware ? "not" : "one");
	else
		return true;
	return false;
}

static void check_number(struct elaboration *e, const struct adl_connector *c,
			 const struct adl_connection *n)
{
	unsigned int from = 0, to = 0;
	const struct adl_end *end;

	for (end = n->ends; end; end = end->next)
		*(end->to ? &to : &from) += 1;
	if (!from || !to)
		diagnostic_error(e->diagnostics, n->at, "connection %s has no '%s' end; add it",
				 n->name, from ? "to" : "from");
	else if ((from > 1 && !c->from.many) || (to > 1 && !c->to.many))
		diagnostic_error(e->diagnostics, n->at,
				 "connection %s has several '%s' ends, but %s takes one; make a "
				 "connection of each",
				 n->name, to > 1 && !c->to.many ? "to" : "from", c->name);
}

/* A buffer of one page is the same as one without a size. */
static bool same_type(const char *a, const char *b)
{
	static const char page[] = "Buf(4096)";

	return strcmp(strcmp(a, "Buf") == 0 ? page : a, strcmp(b, "Buf") == 0 ? page : b) == 0;
}

/* Calls and shared memory: one type at both ends. Events are all alike. */
static void check_types(struct elaboration *e, const struct adl_connection *n)
{
	const struct adl_end *first = n->ends, *end;

	for (end = first ? first->next : NULL; end; end = end->next)
		if (first->face && end->face && first->face->kind != INTERFACE_EMITS &&
		    first->face->kind != INTERFACE_CONSUMES &&
		    !same_type(first->face->type, end->face->type))
			diagnostic_error(e->diagnostics, n->at,
					 "connection %s joins '%s' and '%s'; "
					 "both ends must have one type",
					 n->name, first->face->type, end->face->type);
}

/* `name_only`: the end of a device that a query finds, which any number of connections may name. */
static void count_use(struct elaboration *e, const struct adl_end *end, bool name_only)
{
	struct use *u = index_find(&e->uses, end->instance, end->interface);

	if (!u) {
		u = ARENA_NEW(e->arena, struct use);
		index_put(e->arena, &e->uses, end->instance, end->interface, u);
	}
	if (!name_only || u->count == 0)
		u->count++;
}

static const struct adl_connector *connector_of(struct elaboration *e, const struct adl_connection *n)
{
	const struct adl_connector *c = adl_connector(e->file, n->type);

	if (!c)
		diagnostic_error(e->diagnostics, n->type_at,
				 "'%s' is no connector; import <std_connector.camkes> "
				 "and use seL4RPCCall, seL4Notification or seL4SharedData",
				 n->type);
	return c;
}

static struct adl_end *resolve_ends(struct elaboration *e, const struct scope *s,
				    const struct adl_connector *c, const struct adl_end *ends)
{
	struct adl_end *list = NULL, **last = &list, *end;
	bool good = true;

	for (; ends; ends = ends->next) {
		end = ARENA_NEW(e->arena, struct adl_end);
		*end = *ends;
		end->next = NULL;
		good &= resolve_end(e, s, ends, end) && check_end(e, c, end);
		*last = end;
		last = &end->next;
	}
	return good ? list : NULL;
}

/* One end of it is a server that nobody needs here. */
static const struct adl_instance *reaches_replaced(const struct adl_connection *n)
{
	const struct adl_end *end = n->ends;

	while (end && !end->target->component->replaced)
		end = end->next;
	return end ? end->target : NULL;
}

static void add_connection(struct elaboration *e, const struct scope *s,
			   const struct adl_connection *from)
{
	struct adl_connection *n = ARENA_NEW(e->arena, struct adl_connection), *twice;
	const struct adl_connector *c = connector_of(e, from);
	const struct adl_instance *server;
	const struct adl_end *end;

	*n = *from;
	n->next = NULL;
	n->name = elaborate_join(e, s->name, from->name);
	twice = index_find(&e->file->connections, n->name, NULL);
	if (twice)
		diagnostic_error(e->diagnostics, n->at,
				 "there is a connection '%s' already (line %u); "
				 "give one another name",
				 n->name, twice->at->line);
	index_put(e->arena, &e->file->connections, n->name, NULL, n);
	n->ends = c ? resolve_ends(e, s, c, from->ends) : NULL;
	if (!n->ends)
		return;
	for (end = n->ends; end; end = end->next)
		count_use(e, end, !end->to && prelude_names_hardware(c->name));
	check_number(e, c, n);
	check_types(e, n);
	server = reaches_replaced(n);
	if (server) {
		diagnostic_warning(e->diagnostics, n->at,
				   "nothing is made of connection %s, which reaches %s: %s", n->name,
				   server->name, server->component->replaced);
		return;
	}
	APPEND(e->out.connections, n);
}

static bool same_kind(const struct adl_interface *a, const struct adl_interface *b)
{
	return a->kind == b->kind && (a->kind == INTERFACE_EMITS || a->kind == INTERFACE_CONSUMES ||
				      same_type(a->type, b->type));
}

static void check_export(struct elaboration *e, const struct scope *s, const struct adl_export *x)
{
	const struct adl_interface *outer;
	struct adl_end end = { .at = x->inner->at };

	if (!s->owner) {
		diagnostic_error(e->diagnostics, x->at,
				 "an assembly exports nothing; export belongs into a component's "
				 "composition");
		return;
	}
	outer = adl_interface(s->owner->component, x->name);
	if (!outer)
		diagnostic_error(e->diagnostics, x->at,
				 "component %s has no interface '%s' to export to; declare it "
				 "before the composition",
				 s->owner->component->name, x->name);
	else if (resolve(e, s, x->inner, &end) && !same_kind(outer, end.face))
		diagnostic_error(e->diagnostics, x->at,
				 "'%s' of component %s is not what is exported to it; both must be "
				 "of one kind and type",
				 x->name, s->owner->component->name);
}

/* Every interface has its connection; only `provides` may have several. */
static void check_open(struct elaboration *e, const struct adl_instance *i)
{
	struct place *p = index_find(&e->places, i->name, NULL);
	const struct adl_interface *f;
	const struct use *u;

	for (f = i->component->interfaces; f && !i->component->vm; f = f->next) {
		if (f->kind == INTERFACE_MUTEX || f->kind == INTERFACE_SEMAPHORE ||
		    (p && p->inside && elaborate_export(e, p->inside, f->name)))
			continue;
		u = index_find(&e->uses, i->name, f->name);
		if (!u && !f->optional)
			diagnostic_error(e->diagnostics, i->at,
					 "interface '%s' of %s is not connected; "
					 "connect it, or write 'maybe' before it in component %s",
					 f->name, i->name, i->component->name);
		if (u && u->count > 1 && f->kind != INTERFACE_PROVIDES && !i->component->hardware)
			diagnostic_error(e->diagnostics, i->at,
					 "interface '%s' of %s is connected %u "
					 "times; only 'provides' takes several",
					 f->name, i->name, u->count);
	}
}

void elaborate_connections(struct elaboration *e)
{
	const struct adl_connection *n;
	const struct adl_instance *i;
	const struct adl_export *x;
	const struct scope *s;

	for (s = e->scopes; s; s = s->next) {
		for (x = s->body->exports; x; x = x->next)
			check_export(e, s, x);
		for (n = s->body->connections; n; n = n->next)
			add_connection(e, s, n);
	}
	if (e->diagnostics->errors == 0)
		for (i = e->out.instances; i; i = i->next)
			check_open(e, i);
}
