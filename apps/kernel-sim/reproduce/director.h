/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The director: follows schedules turn by turn, and says what has become of everybody. */
#ifndef KSIM_DIRECTOR_H
#define KSIM_DIRECTOR_H

#include "ksim.h"
#include "memory.h"
#include "work.h"

/* Defined by the module: holds queues, exhausts pools. */
static void ksim_begin_round(const struct ksim_round *schedule);
static void ksim_release_all(void); /* defined by the module */

/* For how many ticks of 10 ms an actor sleeps in the same place before it counts as blocked. */
#define KSIM_CALM 10

static bool ksim_is_calm(struct ksim_actor *a)
{
	unsigned long switches = ksim_switches(a);
	bool calm = ksim_sleeps(a) && switches == a->switches;

	a->switches = switches;
	return calm;
}

/*
 * Returns whether a worker has an item in its hands, perhaps to put it away: until then
 * flush_work() waits for it.
 */
static bool ksim_is_in_hands(struct ksim_actor *a)
{
	return a->is == KSIM_WORK && a->work &&
	       (work_busy(ksim_work_struct(a->work)) & WORK_BUSY_RUNNING);
}

/* Waits until an actor that was let through its gate comes to rest. */
static const char *ksim_await(struct ksim_actor *a, const struct ksim_turn *turn)
{
	int calm = 0, i;

	for (i = 0; i < (turn->flags & KSIM_SPINS ? 30 : 500); i++) {
		wait_event_idle_timeout(ksim_director, READ_ONCE(a->at) || READ_ONCE(a->done),
					msecs_to_jiffies(10));
		if (READ_ONCE(a->at))
			return "goes-on";
		/* An item that was queued again meanwhile is not done, but nobody runs it. */
		if (READ_ONCE(a->done) || (a->is == KSIM_WORK && !READ_ONCE(a->task)) ||
		    (a->is == KSIM_KTHREADD && READ_ONCE(a->resting))) {
			if (!ksim_is_in_hands(a))
				return "ended";
			schedule_timeout_idle(1);
			continue;
		}
		calm = ksim_is_calm(a) ? calm + 1 : 0;
		if (calm == KSIM_CALM)
			return "blocked";
	}
	return "running";
}

/* Waits until an actor stands at a gate. */
static bool ksim_comes(struct ksim_actor *a)
{
	int i;

	for (i = 0; i < 200 && !READ_ONCE(a->at) && !READ_ONCE(a->off); i++)
		wait_event_idle_timeout(ksim_director, READ_ONCE(a->at), msecs_to_jiffies(10));
	return READ_ONCE(a->at);
}

static bool ksim_direct(const struct ksim_turn *turn, int number)
{
	struct ksim_actor *a = turn->actor;

	if (turn->flags & KSIM_WITHIN)
		return true;
	if (turn->happens) {
		turn->happens(turn->object);
		if (a->is == KSIM_INTERRUPT) {
			ksim_say(TURN, number, a->number, turn->op->does);
			ksim_say(AFTER, number, a->number, ksim_await(a, turn), "moves");
			return true;
		}
	}
	if (!ksim_comes(a)) {
		ksim_say(LEFT, number, a->number, "absent", turn->op->does);
		return false;
	}
	if (turn->flags & KSIM_FINISHES)
		ksim_dismiss(a->work->on);
	ksim_say(TURN, number, a->number, a->at->does);
	WRITE_ONCE(a->at, NULL);
	WRITE_ONCE(a->granted, true);
	wake_up_all(&ksim_gates);
	ksim_say(AFTER, number, a->number, ksim_await(a, turn),
		 turn->flags & KSIM_BLOCKS ? "blocks" : "moves");
	return !READ_ONCE(a->off);
}

/* Returns whether the schedule was followed to its end. */
static bool ksim_follow(const struct ksim_round *schedule)
{
	int i;

	for (i = 0; i < schedule->length; i++)
		if (schedule->turns[i].actor && !ksim_direct(&schedule->turns[i], i))
			return false;
		else if (!schedule->turns[i].actor)
			schedule->turns[i].happens(schedule->turns[i].object);
	return true;
}

static bool ksim_all_done(void)
{
	int i;

	for (i = 0; i < ksim_nactors; i++)
		if (!ksim_is_done(ksim_actors[i]))
			return false;
	return true;
}

/* Waits until all are done, and stay so while threads that rest look for work. */
static bool ksim_wait(unsigned int secs)
{
	unsigned long end = jiffies + secs * HZ;
	int calm = 0;

	while (time_before(jiffies, end) && calm < 5) {
		schedule_timeout_idle(msecs_to_jiffies(10));
		calm = ksim_all_done() ? calm + 1 : 0;
	}
	return calm == 5;
}

static void ksim_start_round(const struct ksim_round *schedule, int number)
{
	int i;

	ksim_following = schedule;
	WRITE_ONCE(ksim_open, false);
	WRITE_ONCE(ksim_go, false);
	ksim_calls_of_strangers = 0;
	ksim_say(ROUND, number);
	ksim_reset();
	for (i = 0; i < ksim_nactors; i++) {
		struct ksim_actor *a = ksim_actors[i];

		a->at = NULL;
		/* A thread that rests comes back to where it does. */
		if (!a->resting)
			a->doing = NULL;
		a->turn = NULL;
		a->next = 0;
		a->granted = a->off = a->reclaimed = a->starves = false;
		a->allocating = false;
		a->shrunk = a->calls = 0;
		a->seed = get_random_u32();
		a->waits_for = NULL;
		a->handles = 0;
		a->asleep = false;
		a->done = a->is == KSIM_WORK || a->is == KSIM_INTERRUPT;
		if (a->is == KSIM_KTHREADD)
			a->resting = true;
		if (a->work)
			ksim_forget_work(a->work);
		if (a->is == KSIM_TASK || (a->is == KSIM_KTHREAD && !a->task))
			kthread_run(ksim_thread, a, "%.15s", a->name);
	}
	ksim_begin_round(schedule);
	ksim_squeeze();
	ksim_round_number++;
	WRITE_ONCE(ksim_go, true);
	wake_up_all(&ksim_gates);
}

/* Says who does not come to an end, and how. */
static const char *ksim_diagnose(void)
{
	int i, blocked = 0, busy = 0;

	for (i = 0; i < ksim_nactors; i++)
		ksim_actors[i]->switches = ksim_switches(ksim_actors[i]);
	schedule_timeout_idle(3 * HZ);
	for (i = 0; i < ksim_nactors; i++) {
		struct ksim_actor *a = ksim_actors[i];
		const char *does = a->doing ? a->doing->does : "";
		bool still;

		if (ksim_is_done(a))
			continue;
		still = ksim_is_calm(a);
		ksim_say(STATE, a->number, !a->task ? "unbegun" : still ? "blocked" : "busy",
			 a->allocating, (int)a->calls, does);
		if (!a->task || a->off)
			continue;
		if (still)
			blocked++;
		else
			busy++;
	}
	for (i = 0; i < ksim_nactors; i++) {
		struct ksim_actor *a = ksim_actors[i];

		if (ksim_is_done(a) || !a->task || a->off)
			continue;
		ksim_say(HUNG, a->task->pid, a->number, a->doing ? a->doing->does : "");
		sched_show_task(a->task);
	}
	return busy ? "livelock" : blocked ? "deadlock" : "stalled";
}

/*
 * Gives back what actors may lack, first memory, then workers. Returns with what they come to their
 * end.
 */
static const char *ksim_relieve(void)
{
	WRITE_ONCE(ksim_relieved, true);
	WRITE_ONCE(ksim_pressing, false);
	WRITE_ONCE(ksim_plenty, true);
	ksim_say(MEMORY, (int)ksim_spare(ULONG_MAX));
	wake_up_all(&ksim_gates);
	if (ksim_wait(5))
		return "with-memory";
	if (!ksim_occupied)
		return "never";
	ksim_say(WORK, ksim_other_work_is_done());
	return ksim_wait(3) ? "with-other-work" : "never";
}

static void ksim_run(void)
{
	const char *verdict = "done", *dissolves = "done";
	int round = 0, most = rounds ?: ksim_nschedules;
	bool followed = false, done = true;

	while (done && round < most) {
		const struct ksim_round *schedule = rounds ? NULL : &ksim_schedules[round];

		ksim_start_round(schedule, round++);
		if (schedule) {
			followed = ksim_follow(schedule);
			ksim_say(OPEN, schedule->length, followed);
			WRITE_ONCE(ksim_open, true);
			wake_up_all(&ksim_gates);
			ksim_release_all();
		}
		done = ksim_wait(hang_secs);
		if (!done)
			verdict = ksim_diagnose();
		ksim_say(OVER, round - 1, verdict, followed, (int)ksim_calls_of_strangers);
		if (done)
			ksim_relax();
	}
	if (done) {
		ksim_plenty = true;
		ksim_spare(ULONG_MAX);
	} else {
		dissolves = ksim_relieve();
		/* Whoever hangs hangs in our code. */
		__module_get(THIS_MODULE);
	}
	ksim_say(VERDICT, verdict, dissolves, round);
}

static int __init ksim_init(void)
{
	int i, err;

	ksim_say(RUN, rounds ? "random" : "forced", KSIM_CELL);
	for (i = 0; i < ksim_nactors; i++) {
		ksim_actors[i]->number = i;
		ksim_say(ACTOR, i, ksim_kinds[ksim_actors[i]->is], ksim_actors[i]->name);
	}
	ksim_others = alloc_workqueue("ksim-others", 0, 0);
	if (!ksim_others)
		return -ENOMEM;
	err = ksim_setup() ?: ksim_register(&ksim_giver);
	if (err)
		return err;
	kthread_run(ksim_presser, NULL, "ksim-presser");
	ksim_run();
	return 0;
}

module_init(ksim_init);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Drives a schedule of kernel-sim in a real kernel");

#endif
