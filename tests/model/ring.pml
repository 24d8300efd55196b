/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No overrun: ring_put and ring_take with the limits on unanswered requests. Both sides send
 * requests and answer the other's; a ring of SLOTS with limits that fit it never fills, nobody
 * waits for room, and each message is read whole before its slot is written again.
 *
 * BREAK: LIMIT_TOO_HIGH  limits that do not fit the ring
 * BREAK: PUBLISH_FIRST   produced published before the message is written
 */
#define SLOTS		4
#define M		8	/* indices are modulo M, a multiple of SLOTS */
#ifdef LIMIT_TOO_HIGH
#define LIMIT		3
#else
#define LIMIT		2	/* requests of each side: LIMIT + LIMIT <= SLOTS */
#endif
#define ROUNDS		3	/* requests that each side makes at most */

#define REQUEST		1
#define ANSWER		2

typedef side_page {
	byte produced;
	byte consumed;
	byte kind[SLOTS];
	byte serial[SLOTS]	/* = number of the message, for the check */
};
side_page page[2];

inline put(what)
{
	/* ring_put: a full ring is a broken rule */
	assert((own + M - page[1 - me].consumed) % M < SLOTS);
#ifdef PUBLISH_FIRST
	page[me].produced = (own + 1) % M;
#endif
	page[me].kind[own % SLOTS] = what;
	page[me].serial[own % SLOTS] = own;
	own = (own + 1) % M;
	page[me].produced = own
}

proctype side(byte me)
{
	byte own, seen, unanswered, made, what, serial;

end:	do
	:: unanswered < LIMIT && made < ROUNDS ->
		put(REQUEST);
		unanswered++;
		made++
	:: page[1 - me].produced != seen ->
		assert((page[1 - me].produced + M - seen) % M <= SLOTS);
		what = page[1 - me].kind[seen % SLOTS];
		serial = page[1 - me].serial[seen % SLOTS];
		assert(serial == seen);		/* whole, in order, not overwritten */
		seen = (seen + 1) % M;
		page[me].consumed = seen;
		if
		:: what == ANSWER -> assert(unanswered > 0); unanswered--
		:: what == REQUEST -> put(ANSWER)
		fi;
		what = 0;
		serial = 0
	od
}

init {
	atomic { run side(0); run side(1) }
}
