/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two ends of a connection, their users, and a network that loses, repeats and reorders; for spin.
 *
 * Which state follows on which is the module's own table: table.pml is made from module/engine/fsm.c by scripts/fsm.
 * Written here is the rest of RFC 9293, 3.10: which event a segment, a user or a timer brings about, and what is sent.
 * scripts/model checks it for each of the configurations in the file "configurations", which says what their words mean.
 *
 * What is checked, whatever the network, the users and the timers do, and in whatever order:
 *
 *	- Where an event meets a state, the table has an entry: happens()
 *	- All data before a FIN is received before the FIN, and an acknowledged FIN has been received with all data
 *	  before it: check_text(), check_ack()
 *	- Whatever is lost is repaired by a bounded number of retransmissions: resend()
 *	- An orderly connection is not reset: reset_received()
 *	- A connection that is reset, aborted, given up or followed by the next is CLOSED at once: ends()
 *	- Every run comes to an end, in which both ends are CLOSED.  Where nothing can go on before that, spin finds an
 *	  "invalid end state"; where something could go on for ever, a "non-progress cycle".
 *	- At the end both users have read all that was written, and the FIN; and an end has been in TIME_WAIT if, and
 *	  only if, it closed before it saw the other's FIN: the_end()
 *
 * A unit of the sequence space is a SYN, a piece of data, or a FIN.  Both ends begin at 0, with the SYN; data is 1, 2, ...;
 * the FIN comes behind that.  Windows, congestion and options are left out: they change no state.
 */
#include "table.pml"

/* ---- the configuration: what it does not name does not happen ---- */

#ifndef DATA_A
#define DATA_A 1
#endif
#ifndef DATA_B
#define DATA_B 1
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef REPEATS
#define REPEATS 0
#endif
#ifndef EARLY
#define EARLY 0
#endif
#ifndef ENDINGS
#define ENDINGS 0
#endif
#ifdef REUSE
#define HASTY
#endif
#if ENDINGS || defined(DIES)
#define ROUGH		/* the connection need not come to an orderly end */
#endif

#define A 0
#define B 1
#define other(i)	(1 - (i))

#ifdef SIMULTANEOUS_OPEN
#define is_listener(i)	false
#else
#define is_listener(i)	((i) == B)
#endif

/* The sequence space of end i: its pieces of data, its FIN, what comes behind that. */
#define DATA(i)		((i) == A -> DATA_A : DATA_B)
#define FIN(i)		(DATA(i) + 1)
#define END(i)		(DATA(i) + 2)

/* ---- what is known at each end ---- */

byte state[2] = CLOSED;
byte snd_una[2];	/* the peer has acknowledged all below */
byte snd_nxt[2];	/* all below has been sent */
byte rcv_nxt[2];	/* all below has been received; 0: not even the SYN */
byte held[2];		/* a bit for each unit that was received out of order */
byte tries[2];		/* retransmissions without progress */
bool waited[2];		/* it has been in TIME_WAIT */

/* its user */
bool opened[2];
byte written[2];	/* pieces of data */
bool closed[2];		/* and nothing more is asked for */
bool fin[2];		/* a FIN follows the data */
bool first[2];		/* closed before the peer's FIN was here */
byte got[2];		/* pieces of data that were read */
bool eof[2];		/* the end of them was read */
bool later[2];		/* it has opened the next connection */

/* ---- the network: at most ROOM segments on their way to each end ---- */

#define ROOM 3
byte net[2 * ROOM];	/* 0: none; sorted, as there is no order in it */
byte losses = LOSSES;
byte repeats = REPEATS;
byte early = EARLY;
byte endings = ENDINGS;
bool dead;		/* it carries nothing any more */

#define slot(i, k)	net[(i) * ROOM + (k)]
#define quiet		(!slot(A, 0) && !slot(B, 0))

/* A segment is a byte: its kind, its sequence number, its acknowledgment number, which is 0 where there is no ACK.
 * TEXT is one unit: SYN, data or FIN.  TEXT_FIN is a piece of data with the FIN behind it.
 */
#define RST		0
#define BARE		1
#define TEXT		2
#define TEXT_FIN	3
#define segment(kind, seq, ack)	((kind) << 6 | (seq) << 3 | (ack))

#define LATER		7	/* where the next connection's SYN is: beyond this one */

/* Set and used within a step, so no part of what makes states differ. */
hidden byte who, kind, seq, ack, units, from, event, old, fin_now;
hidden byte out_kind, out_seq, out_ack;

/* ---- for scripts/model: which entries were asked for, and the story of a failure ---- */

c_decl {
static unsigned char asked[STATES][EVENTS];

static void print_asked(void)
{
	for (int s = 0; s < STATES; s++)
		for (int e = 0; e < EVENTS; e++)
			if (asked[s][e])
				printf("asked: %s %s\n", state_names[s], event_names[e]);
}

static void tell_segment(int end, const char *verb, int kind, int seq, int ack)
{
	int data = end == (*verb == 's') ? DATA_B : DATA_A;	/* of the end that sent it */

	printf("story: %c %s ", 'A' + end, verb);
	if (kind == RST)
		printf("RST %d", seq);
	else if (kind == BARE)
		printf("%d", seq);
	else if (seq == 0 || seq == LATER)
		printf("SYN %d", seq);
	else
		printf("%s %d", kind == TEXT_FIN ? "data and FIN" : seq > data ? "FIN" : "data", seq);
	if (ack)
		printf(", ACK %d", ack);
	printf("\n");
}
}

#define say_(text)	c_code { if (readtrail) printf("story: %c " text "\n", 'A' + who); }
#define demand(condition, text) \
	if \
	:: condition \
	:: else -> \
		c_code { if (readtrail) printf("found: " text "\n"); }; \
		assert(false) \
	fi

/* BREAK="STATE EVENT STATE", as numbers, makes one entry of the table wrong. */
inline break_table()
{
	c_code {
		const char *s = getenv("BREAK");
		int state, event, to;

		if (s && sscanf(s, "%d %d %d", &state, &event, &to) == 3)
			next_state[state * EVENTS + event] = to;
		atexit(print_asked);
	}
}

/* ---- the network ---- */

/* What finds no room is lost. */
inline put(to, what)
{
	if
	:: dead || slot(to, 2)
	:: else ->
		slot(to, 2) = what;
		if
		:: slot(to, 2) > slot(to, 1) -> slot(to, 2) = slot(to, 1); slot(to, 1) = what
		:: else
		fi;
		if
		:: slot(to, 1) > slot(to, 0) -> slot(to, 1) = slot(to, 0); slot(to, 0) = what
		:: else
		fi
	fi
}

inline take(i, k)
{
	kind = slot(i, k) >> 6;
	seq = slot(i, k) >> 3 & 7;
	ack = slot(i, k) & 7;
	if
	:: k == 0 -> slot(i, 0) = slot(i, 1)
	:: else
	fi;
	if
	:: k <= 1 -> slot(i, 1) = slot(i, 2)
	:: else
	fi;
	slot(i, 2) = 0
}

inline lose(i)
{
	losses--;
	c_code { if (readtrail) tell_segment(who, "never gets", kind, seq, ack); }
}

inline repeat(i)
{
	repeats--;
	put(i, segment(kind, seq, ack));
	put(i, segment(kind, seq, ack));
	c_code { if (readtrail) tell_segment(who, "will get twice", kind, seq, ack); }
}

inline die()
{
	dead = true;
	slot(A, 0) = 0; slot(A, 1) = 0; slot(A, 2) = 0;
	slot(B, 0) = 0; slot(B, 1) = 0; slot(B, 2) = 0;
	c_code { if (readtrail) printf("story: the network dies\n"); }
}

/* ---- the table ---- */

inline happens(i, what)
{
	event = what;
	from = state[i];
	c_code { asked[from][event] = 1; };
	state[i] = next_state[from * EVENTS + event];
	c_code {
		if (readtrail && next_state[from * EVENTS + event])
			printf("story: %c %s: %s -> %s\n", 'A' + who, event_names[event], state_names[from],
			       state_names[next_state[from * EVENTS + event]]);
		else if (readtrail)
			printf("found: the table has nothing for %s in %s\n", event_names[event], state_names[from]);
	};
	assert(state[i] != NO_STATE);
	if
	:: state[i] == TIME_WAIT -> waited[i] = true
	:: state[i] == CLOSED ->	/* delete the TCB */
		snd_una[i] = 0;
		snd_nxt[i] = 0;
		rcv_nxt[i] = 0;
		held[i] = 0;
		tries[i] = 0;
		written[i] = 0;
		fin[i] = false
	:: else
	fi
}

/* What ends a connection, or begins the next in its place, ends it at once: "enter the CLOSED state, delete the TCB". */
inline ends(i, what)
{
	happens(i, what);
	demand(state[i] == CLOSED, "the connection is over, but not CLOSED")
}

/* ---- sending ---- */

inline send_as(i, a_kind, a_seq, an_ack)
{
	out_kind = a_kind;
	out_seq = a_seq;
	out_ack = an_ack;
	put(other(i), segment(out_kind, out_seq, out_ack));
	c_code { if (readtrail) tell_segment(who, "sends", out_kind, out_seq, out_ack); }
}

inline send(i, a_kind, a_seq)
{
	send_as(i, a_kind, a_seq, rcv_nxt[i])
}

inline send_ack(i)
{
	send(i, BARE, snd_nxt[i])
}

/* 3.10.7.1: the answer to a segment that no connection wants */
inline answer_reset(i)
{
	if
	:: ack -> send_as(i, RST, ack, 0)
	:: else -> send_as(i, RST, 0, seq + units)
	fi
}

/* What the user has asked for and was not sent.  Data waits until the SYN is acknowledged; a FIN alone does not. */
inline output(i)
{
	do
	:: rcv_nxt[i] && (snd_una[i] || (fin[i] && !DATA(i))) && snd_nxt[i] < written[i] + 1 + fin[i] ->
		if
		:: snd_nxt[i] == DATA(i) && fin[i] ->
			send(i, TEXT_FIN, snd_nxt[i]);
			snd_nxt[i] = END(i)
		:: else ->
			send(i, TEXT, snd_nxt[i]);
			snd_nxt[i]++
		fi
	:: else -> break
	od
}

/* The first unit that is not acknowledged: a SYN, which has an ACK if there is something to acknowledge, data, or the FIN. */
inline resend_first(i)
{
	send(i, TEXT, snd_una[i])
}

/* ---- 3.10.7: SEGMENT ARRIVES ---- */

inline reset_received(i)
{
#ifndef ROUGH
#ifdef HASTY
	demand(state[i] == TIME_WAIT || state[i] == LAST_ACK || state[i] == CLOSING, "an orderly connection is reset");
#else
	/* by what a last ACK meets, RFC 1337: both ends have everything */
	demand(state[i] == TIME_WAIT, "an orderly connection is reset");
#endif
#endif
	ends(i, EV_RCV_RST)
}

/* 3.10.7.2 */
inline arrives_in_listen(i)
{
	if
	:: kind != RST && ack -> answer_reset(i)
	:: kind == TEXT && seq == 0 && !ack ->
		rcv_nxt[i] = 1;
		snd_nxt[i] = 1;
		happens(i, EV_RCV_SYN);
		send(i, TEXT, 0)
	:: else
	fi
}

/* 3.10.7.3 */
inline arrives_in_syn_sent(i)
{
	if
	:: ack && ack != snd_nxt[i] ->
		if
		:: kind != RST -> answer_reset(i)
		:: else
		fi
	:: kind == RST && ack == snd_nxt[i] -> reset_received(i)
	:: kind == TEXT && seq == 0 && ack == snd_nxt[i] ->
		rcv_nxt[i] = 1;
		snd_una[i] = 1;
		tries[i] = 0;
		happens(i, EV_RCV_SYN_ACK);
		send_ack(i);
		output(i)
	:: kind == TEXT && seq == 0 && !ack ->
		rcv_nxt[i] = 1;
		tries[i] = 0;
		happens(i, EV_RCV_SYN);
		send(i, TEXT, 0)
	:: else
	fi
}

inline arrives_in_time_wait(i)
{
	if
	:: kind == RST ->
		if
		:: seq == rcv_nxt[i] -> reset_received(i)
		:: else
		fi
	:: kind != RST && seq == LATER -> ends(i, EV_RCV_SYN)
	:: kind >= TEXT && seq != LATER && seq + units == rcv_nxt[i] ->
		send_ack(i);
		happens(i, EV_RCV_FIN)
	:: kind == BARE && seq == rcv_nxt[i]
	:: else -> send_ack(i)
	fi
}

/* 3.10.7.4, fifth: check the ACK field.  Sets kind to RST where the segment is dropped. */
inline check_ack(i)
{
	if
	:: !snd_una[i] && (!ack || ack > snd_nxt[i]) ->
		if
		:: ack -> answer_reset(i)
		:: else
		fi;
		kind = RST
	:: snd_una[i] && ack > snd_nxt[i] ->
		send_ack(i);
		kind = RST
	:: ack > snd_una[i] && ack <= snd_nxt[i] ->
		old = snd_una[i];
		snd_una[i] = ack;
		tries[i] = 0;
		if
		:: !old -> happens(i, EV_RCV_ACK_OF_SYN)
		:: else
		fi;
		if
		:: fin[i] && snd_una[i] == END(i) ->
			demand(got[other(i)] == DATA(i), "a FIN is acknowledged, but not all of the data before it was received");
			happens(i, EV_RCV_ACK_OF_FIN)
		:: else
		fi;
		output(i)
	:: else
	fi
}

/* seventh: process the segment text; eighth: check the FIN bit */
inline check_text(i)
{
	if
	:: kind >= TEXT && (state[i] == ESTABLISHED || state[i] == FIN_WAIT_1 || state[i] == FIN_WAIT_2) ->
		held[i] = held[i] | 1 << seq | (kind == TEXT_FIN -> 1 << (seq + 1) : 0);
		fin_now = 0;
		do
		:: held[i] & 1 << rcv_nxt[i] ->
			if
			:: rcv_nxt[i] == FIN(other(i)) -> fin_now = 1
			:: else -> got[i]++
			fi;
			rcv_nxt[i]++
		:: else -> break
		od;
		held[i] = held[i] >> rcv_nxt[i] << rcv_nxt[i];
		send_ack(i);
		if
		:: fin_now ->
			eof[i] = true;
			demand(got[i] == DATA(other(i)), "a FIN is received before all of the data");
			happens(i, EV_RCV_FIN)
		:: else
		fi
	:: else
	fi
}

/* 3.10.7.4, in its order */
inline arrives_otherwise(i)
{
	if
	/* first: check sequence number */
	:: seq + (units -> units - 1 : 0) < rcv_nxt[i] ->
		if
		:: kind == RST
		/* the SYN,ACK was lost */
		:: kind == TEXT && seq == 0 && !ack && state[i] == SYN_RECEIVED && is_listener(i) -> send(i, TEXT, 0)
		/* figure 8, line 7: the SYN once more, now with the ACK of ours */
		:: kind == TEXT && seq == 0 && ack && state[i] == SYN_RECEIVED -> check_ack(i)
		:: else -> send_ack(i)
		fi
	/* second: check the RST bit, as RFC 5961, 3.2, has it */
	:: kind == RST && seq == rcv_nxt[i] -> reset_received(i)
	:: kind == RST && seq > rcv_nxt[i] -> send_ack(i)
	/* fourth: check the SYN bit */
	:: kind != RST && seq == LATER -> send_ack(i)
	:: else ->
		check_ack(i);
		check_text(i)
	fi
}

inline arrives(i)
{
	units = (kind >= TEXT -> kind - BARE : 0);
	c_code { if (readtrail) tell_segment(who, "gets", kind, seq, ack); };
	if
	:: state[i] == CLOSED ->
		if
		:: kind != RST && seq != LATER -> answer_reset(i)
		:: else
		fi
	:: state[i] == LISTEN -> arrives_in_listen(i)
	:: state[i] == SYN_SENT -> arrives_in_syn_sent(i)
	:: state[i] == TIME_WAIT -> arrives_in_time_wait(i)
	:: else -> arrives_otherwise(i)
	fi
}

/* Where both are to close before either knows of the other's FIN, the network is slow with that. */
#ifdef BOTH_CLOSE
#define is_held_back(i, k) (!closed[i] && (slot(i, k) >> 6 == TEXT_FIN || \
			    (slot(i, k) >> 6 == TEXT && (slot(i, k) >> 3 & 7) == FIN(other(i)))))
#else
#define is_held_back(i, k) false
#endif

/* A SYN may meet an end that is not open yet, but that is no orderly connection. */
#ifdef ROUGH
#define is_ready(i)	true
#else
#define is_ready(i)	opened[i]
#endif

/* The same segment twice is one choice. */
#define is_there(i, k)	(slot(i, k) && (k == 0 || slot(i, k) != net[(i) * ROOM + k - (k > 0)]))
#define may_arrive(i, k) (is_there(i, k) && is_ready(i) && !is_held_back(i, k))
#define may_lose(i, k)	(losses && is_there(i, k))
#define may_repeat(i, k) (repeats && is_there(i, k) && !slot(i, 2))

/* ---- the users ---- */

#define may_open(i)	(!opened[i])
inline open(i)
{
	opened[i] = true;
	if
	:: is_listener(i) ->
		happens(i, EV_PASSIVE_OPEN);
		happens(i, EV_PASSIVE_OPEN)	/* listen() may be called again */
	:: else ->
		snd_nxt[i] = 1;
		happens(i, EV_ACTIVE_OPEN);
		send(i, TEXT, 0)
	fi
}

#define may_write(i)	(opened[i] && !closed[i] && written[i] < DATA(i) && (state[i] == SYN_SENT || \
			 state[i] == SYN_RECEIVED || state[i] == ESTABLISHED || state[i] == CLOSE_WAIT))
inline write(i)
{
	say_("writes");
	written[i]++;
	output(i)
}

/* A user closes when everything is written; in an orderly connection not before it has begun; and B, if A is to be the
 * first, when it has read the end.
 */
#if defined(ROUGH)
#define may_close_now(i) (written[i] == DATA(i) || state[i] == CLOSED || state[i] == LISTEN || state[i] == SYN_SENT)
#elif defined(A_CLOSES_FIRST)
#define may_close_now(i) (written[i] == DATA(i) && state[i] != SYN_SENT && ((i) == A || eof[i]))
#else
#define may_close_now(i) (written[i] == DATA(i) && state[i] != SYN_SENT && state[i] != LISTEN)
#endif
#define may_close(i)	(opened[i] && !closed[i] && may_close_now(i))
inline close(i)
{
	closed[i] = true;
	old = state[i];
	happens(i, EV_CLOSE);
	if
	:: old == CLOSED || old == LISTEN || old == SYN_SENT
	:: else ->
		fin[i] = true;
		first[i] = !eof[i];
		output(i)
	fi
}

/* 3.10.5.  A socket that was never opened, or is closed, can be given up as well. */
#define may_abort(i)	(endings && !(closed[i] && state[i] == CLOSED))
inline abort(i)
{
	endings--;
	opened[i] = true;
	closed[i] = true;
	if
	:: state[i] == SYN_RECEIVED || state[i] == ESTABLISHED || state[i] == FIN_WAIT_1 || state[i] == FIN_WAIT_2 ||
	   state[i] == CLOSE_WAIT -> send_as(i, RST, snd_nxt[i], 0)
	:: else
	fi;
	ends(i, EV_ABORT)
}

/* The next connection between the same two ports begins; it is not followed. */
#ifdef REUSE
#define may_reopen(i)	(closed[i] && !later[i] && (state[i] == CLOSED || state[i] == TIME_WAIT))
#else
#define may_reopen(i)	false
#endif
inline reopen(i)
{
	later[i] = true;
	if
	:: state[i] == TIME_WAIT -> ends(i, EV_ACTIVE_OPEN)
	:: else
	fi;
	send_as(i, TEXT, LATER, 0)
}

/* ---- ICMP, and the timers ---- */

#define may_fail(i)	(endings && state[i] != CLOSED && state[i] != LISTEN && state[i] != TIME_WAIT)
inline fail(i)
{
	endings--;
	ends(i, EV_ERROR)
}

/* A timer fires when nothing is on its way: what was waited for is lost.  Of two timers that run, neither fires twice before
 * the other has fired.  As many losses as there may be, and segments that found no room, can each undo one retransmission.
 */
#define MOST_TRIES	(LOSSES + 2)
#define waits_for_ack(i) (state[i] != CLOSED && state[i] != LISTEN && state[i] != TIME_WAIT && snd_una[i] < snd_nxt[i])
#define may_resend(i)	(!dead && quiet && waits_for_ack(i) && (!waits_for_ack(other(i)) || tries[i] <= tries[other(i)]))
inline resend(i)
{
	tries[i]++;
	demand(tries[i] <= MOST_TRIES, "no retransmission helps");
	resend_first(i)
}

/* But it may also be early. */
#define may_hurry(i)	(early && !quiet && waits_for_ack(i))
inline hurry(i)
{
	early--;
	resend_first(i)
}

/* Retransmissions are given up; and FIN_WAIT_2, where nobody is left who could send a FIN. */
#ifdef ROUGH
#define may_give_up(i)	(dead && waits_for_ack(i) || \
			 state[i] == FIN_WAIT_2 && (dead || quiet && opened[other(i)] && state[other(i)] == CLOSED))
#else
#define may_give_up(i)	false
#endif
inline give_up(i)
{
	ends(i, EV_TIMEOUT)
}

/* 2MSL outlasts what is on its way, and in an orderly world the peer's retransmissions as well. */
#if defined(ROUGH) || defined(HASTY)
#define may_end_wait(i)	(state[i] == TIME_WAIT && quiet)
#else
#define may_end_wait(i)	(state[i] == TIME_WAIT && quiet && (state[other(i)] == TIME_WAIT || state[other(i)] == CLOSED))
#endif
inline end_wait(i)
{
	happens(i, EV_2MSL)
}

/* ---- the end ---- */

inline the_end()
{
#ifndef ROUGH
	demand(eof[A] && eof[B] && got[A] == DATA_B && got[B] == DATA_A, "both are CLOSED, but not everything was read");
#ifndef HASTY
	demand(waited[A] == first[A] && waited[B] == first[B], "TIME_WAIT is not where it belongs");
#endif
#ifdef A_CLOSES_FIRST
	demand(waited[A] && !waited[B], "A closed first, but not A alone was in TIME_WAIT");
#endif
#ifdef BOTH_CLOSE
	demand(waited[A] && waited[B], "both closed, but not both were in TIME_WAIT");
#endif
#endif
	skip
}

/* Whatever of these may happen, happens in one run or another. */
#define SEGMENT(may, does) \
	:: atomic { \
		if \
		:: may(A, 0) -> d_step { who = A; take(A, 0) } \
		:: may(A, 1) -> d_step { who = A; take(A, 1) } \
		:: may(A, 2) -> d_step { who = A; take(A, 2) } \
		:: may(B, 0) -> d_step { who = B; take(B, 0) } \
		:: may(B, 1) -> d_step { who = B; take(B, 1) } \
		:: may(B, 2) -> d_step { who = B; take(B, 2) } \
		fi; \
		d_step { does(who); skip } \
	}
#define EITHER(may, does) \
	:: atomic { \
		if \
		:: may(A) -> who = A \
		:: may(B) -> who = B \
		fi; \
		d_step { does(who); skip } \
	}

init {
	d_step {
		fill_table();
		break_table()
	};
	do
	SEGMENT(may_arrive, arrives)
	SEGMENT(may_lose, lose)
	SEGMENT(may_repeat, repeat)
	EITHER(may_open, open)
	EITHER(may_write, write)
	EITHER(may_close, close)
	EITHER(may_abort, abort)
	EITHER(may_reopen, reopen)
	EITHER(may_fail, fail)
	EITHER(may_resend, resend)
	EITHER(may_hurry, hurry)
	EITHER(may_give_up, give_up)
	EITHER(may_end_wait, end_wait)
#ifdef DIES
	:: d_step { !dead -> die() }
#endif
	:: d_step { opened[A] && opened[B] && state[A] == CLOSED && state[B] == CLOSED && quiet -> the_end() } -> break
	od
}
