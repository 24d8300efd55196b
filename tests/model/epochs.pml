/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Epochs: ring_restart, ring_adopt, ring_poll, ring_still_up of interconnect/ring.h. Either side
 * restarts at any moment, each up to RESTARTS times. A page's one content word stands for indices,
 * counters and ring: it carries a ghost, the true serial number of the pair of runs it was
 * written in, which a real page does not have.
 *
 * Checked: what a side delivers was written for its present run, and all of it in one run of
 * the other (nothing of an older run, on either end); nothing goes back to 0 within a pair of runs;
 * and when nothing moves any more, both are up.
 *
 * BREAK: NO_ZERO        content is not zeroed by adopt
 * BREAK: NO_WITHDRAW    peer_epoch is not 0 while zeroing
 * BREAK: NO_SECOND_LOOK epochs are not read again after a copy
 * BREAK: EPOCH_FIRST    they are, but epoch before peer_epoch
 * BREAK: SAME_NAME      a restart keeps its epoch
 * BREAK: NAME_OF_PEER   a restart takes the other's peer_epoch + 1, the first design: it is 0 + 1
 *                       while the other adopts, so names come back
 */
#define RESTARTS	2

typedef epoch_page {
	byte epoch;
	byte peer_epoch;
	byte content;		/* 0: zeroed; else 1 + epoch of the reader it was meant for */
	byte writer		/* ghost: the writer's run */
};
epoch_page page[2];

byte run_of[2];			/* ghost: true serial number of each side's run */
byte epoch[2];			/* own copies */
byte peer_epoch[2];
bool was_up[2];
bool lost[2];
bool up[2];
byte restarts;
byte bell[2];			/* a notification for side i */

inline zero()
{
	seen = false;
	seen_run = 0;
	was_up[me] = false;
	lost[me] = false;
	up[me] = false;
#ifndef NO_ZERO
	page[me].content = 0;
	page[me].writer = 0
#else
	skip
#endif
}

inline withdraw()
{
#ifndef NO_WITHDRAW
	page[me].peer_epoch = 0;
#endif
	zero()
}

inline adopt()
{
	withdraw();
	peer_epoch[me] = page[other].epoch;
	page[me].peer_epoch = peer_epoch[me];
	bell[other] = 1
}

inline restart()
{
	run_of[me]++;
	withdraw();
#ifdef NAME_OF_PEER
	e = page[other].peer_epoch + 1;
#else
#ifdef SAME_NAME
	e = 1;
#else
	e = page[me].epoch + 1;
#endif
#endif
	epoch[me] = e;
	page[me].epoch = e;
	e = 0;
	adopt()
}

/* ring_poll */
inline poll()
{
	f = page[other].peer_epoch;
	e = page[other].epoch;
	up[me] = false;
	if
	:: e != peer_epoch[me] -> changed = true
	:: else -> changed = false;
		if
		:: e == 0 -> skip
		:: e != 0 && f != epoch[me] -> lost[me] = lost[me] || was_up[me]
		:: e != 0 && f == epoch[me] && !lost[me] -> was_up[me] = true; up[me] = true
		:: else
		fi
	fi;
	e = 0; f = 0
}

proctype side(byte me)
{
	byte other = 1 - me, e, f, copy, old;
	bool changed, good, seen;
	byte wrote, seen_run;

	restart();
	do
	:: restarts < RESTARTS * 2 -> restarts++; restart()
	:: poll();
		if
		:: changed -> adopt()
		:: !changed && up[me] ->
			/* write: the content counts for the run that was polled */
			if
			:: page[me].content == 0 ->
				page[me].writer = run_of[me];
				page[me].content = peer_epoch[me] + 1;
				bell[other] = 1
			:: else
			fi;
			/* read: copy, then look again at both epochs */
			copy = page[other].content;
			if
			:: copy != 0 -> wrote = page[other].writer
			:: else
			fi;
#ifndef NO_SECOND_LOOK
#ifdef EPOCH_FIRST
			good = (page[other].epoch == peer_epoch[me]);
			good = good && (page[other].peer_epoch == epoch[me]);
#else
			good = (page[other].peer_epoch == epoch[me]);
			good = good && (page[other].epoch == peer_epoch[me]);
#endif
#else
			good = true;
#endif
			if
			:: good && copy != 0 ->
				/* meant for this side's present run, of the one run seen */
				assert(copy == epoch[me] + 1);
				assert(!seen || wrote == seen_run);
				seen = true;
				seen_run = wrote
			:: good && copy == 0 ->
				/* an index that goes back to 0 would be a broken rule */
				assert(!seen)
			:: else
			fi;
			copy = 0; wrote = 0; good = false
		:: else
		fi;
		changed = false;
		/* ring_may_sleep: a last look, then sleep */
		old = up[me];
		poll();
		if
		:: changed || up[me] != old -> old = 0
		:: else -> old = 0;
end:			atomic { bell[me] == 1 -> bell[me] = 0 }
		fi;
		changed = false
	od
}

/* When nothing moves any more, the link is up on both sides. */
proctype verdict()
{
	timeout;
	assert(up[0] && up[1]);
	assert(page[0].peer_epoch == page[1].epoch && page[1].peer_epoch == page[0].epoch)
}

init {
	atomic { run side(0); run side(1); run verdict() }
}
