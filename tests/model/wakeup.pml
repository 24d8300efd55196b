/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No lost wake-up: ring_must_signal and ring_may_sleep of interconnect/ring.h, on a machine that
 * may let a load pass an earlier store (each side has a store buffer that drains at any time; a
 * full fence waits until it is empty). Indices are modulo M, as 2^32 in the real thing.
 *
 * Checked: at the end, when nobody can move, the consumer has taken all that was produced
 * (else it sleeps with work to do, and the assertion or the invalid end state shows it).
 *
 * BREAK: NO_FENCE_PRODUCER  the fence between publishing and reading the wake index
 * BREAK: NO_FENCE_CONSUMER  the fence between arming and the last look
 * BREAK: NO_SECOND_LOOK     the last look itself
 */
#define M	8
#define SUM	6	/* produced over all: passes M - 1 from START */
#define START	5	/* so that the indices wrap */

byte produced = START;		/* in memory */
byte wake = START;
bool buffered_produced;		/* the producer's store buffer, one entry */
byte buffer_produced;
bool buffered_wake;		/* the consumer's */
byte buffer_wake;

byte signals;			/* a notification is a binary semaphore */
byte taken;
bool finished;

#define PASSES(wake, old, new)	((((new) - (wake) - 1 + 2 * M) % M) < (((new) - (old) + M) % M))

/* Stores reach memory at any later time. */
active proctype memory()
{
end:	do
	:: atomic { buffered_produced -> produced = buffer_produced; buffered_produced = false }
	:: atomic { buffered_wake -> wake = buffer_wake; buffered_wake = false }
	od
}

active proctype producer()
{
	byte own = START, told = START, sent, seen_wake, batch;

	do
	:: sent == SUM -> break
	:: sent < SUM ->
		batch = 1;
		if
		:: sent + 1 < SUM -> batch = 2
		:: skip
		fi;
		do
		:: batch == 0 -> break
		:: batch > 0 ->
			atomic { !buffered_produced ->
				own = (own + 1) % M;
				buffer_produced = own; buffered_produced = true }
			sent++;
			batch--
		od;
#ifndef NO_FENCE_PRODUCER
		!buffered_produced;		/* full fence */
#endif
		seen_wake = wake;
		if
		:: PASSES(seen_wake, told, own) -> signals = 1
		:: else
		fi;
		told = own
	od;
	finished = true
}

active proctype consumer()
{
	byte seen = START, now;

	do
	:: now = produced;
		if
		:: now != seen -> taken = taken + ((now - seen + M) % M); seen = now
		:: else ->
			atomic { !buffered_wake -> buffer_wake = seen; buffered_wake = true }
#ifndef NO_FENCE_CONSUMER
			!buffered_wake;		/* full fence */
#endif
#ifndef NO_SECOND_LOOK
			now = produced;
			if
			:: now != seen -> goto again
			:: else
			fi;
#endif
end:			atomic { signals == 1 -> signals = 0 }	/* sleep */
		fi;
again:		skip
	od
}

/* When the producer is done and nothing moves any more, nothing is left. */
active proctype verdict()
{
	finished && timeout;
	assert(taken == SUM)
}
