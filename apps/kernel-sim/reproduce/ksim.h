/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What every module shares that kernel-sim reproduce makes: actors, the gates that they stand at,
 * and the turns in which a director opens them.
 *
 * - An actor is what the model calls a task: a thread of this module, a work item whatever thread
 *   runs it, a handler in an interrupt, kthreadd.
 * - Before each step that others can see an actor stops at a gate. The director (insmod) opens the
 *   gates in the order of the schedule, and waits after each until the actor stands at its next
 *   gate, has come to its end, or sleeps.
 * - After each step the actor says what it came to, beside what it comes to in the model.
 * - When the schedule is over all gates are open, and who does not come to an end then is stuck.
 *
 * Whoever waits for the director sleeps as an idle task does, so that only what waits for a lock
 * counts as hung.
 */
#ifndef KSIM_H
#define KSIM_H

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/debug.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/version.h>
#include <linux/wait.h>

#include "protocol.h"

/* What restricts a task: the scopes that can be handed on. */
#define KSIM_SCOPES (PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO)

#define ksim_say(line, ...) pr_info(KSIM_PREFIX KSIM_LINE_##line, ##__VA_ARGS__)

static unsigned int rounds;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "0: follow the schedules; else so many rounds with random delays");
static unsigned int hang_secs = 6;
module_param(hang_secs, uint, 0444);
MODULE_PARM_DESC(hang_secs, "how long actors have to come to their end once the gates are open");

/* A step as the model has it. Its address tells it from others; its text is printed. */
struct ksim_op {
	const char *does;
};

enum ksim_is { KSIM_TASK, KSIM_KTHREAD, KSIM_WORK, KSIM_INTERRUPT, KSIM_KTHREADD };

static const char *const ksim_kinds[] = { "task", "kthread", "work", "interrupt", "kthreadd" };

struct ksim_work;
struct ksim_turn;

struct ksim_actor {
	const char *name;
	int number;
	enum ksim_is is;
	int (*body)(struct ksim_actor *me);
	unsigned int flags; /* of the task, for ever */
	struct task_struct *task; /* who acts for it now */
	const struct ksim_op *at; /* the step before which it stands at a gate */
	const struct ksim_op *doing;
	const struct ksim_turn *turn; /* of the step that it does; NULL without a schedule */
	int next; /* where to look for its next turn */
	bool granted, done, off; /* off: it is not where the schedule has it */
	bool resting; /* a thread that starts over for ever, and has not begun anew */
	int round; /* the round in which it came to its gate */
	int atomic; /* how many reasons it has not to sleep */
	unsigned int seed; /* of its dice in random rounds */
	/* Memory: see memory.h. */
	bool allocating, reclaimed, starves;
	unsigned long shrunk; /* a bit for each shrinker that this allocation has been through */
	unsigned long calls, switches;
	unsigned long lent; /* pages that it took to come to reclaim, and gives back there */
	/* Work: see work.h. */
	struct ksim_work *work;
	struct ksim_work *waits_for;
	/* Wait queues: see locks.h. */
	bool asleep;
	/* Journals: see standins.h. */
	int handles, awaits;
};

enum {
	KSIM_PRESSED = 1, /* an allocation that finds memory tight */
	KSIM_FAILS = 2, /* and that fails */
	KSIM_BLOCKS = 4, /* in the model it sleeps here */
	KSIM_WITHIN = 8, /* the actor must not sleep: it does this with what came before */
	KSIM_FINISHES = 16, /* an item is over */
	KSIM_SPINS = 32, /* it may try again and again until somebody else has done something */
};

/* A step of the schedule, or something that happens by itself. */
struct ksim_turn {
	struct ksim_actor *actor;
	const struct ksim_op *op;
	int outcome; /* which of its possible turns it takes */
	int result; /* what it comes to in the model */
	unsigned int flags;
	void (*happens)(void *object); /* a timer, an interrupt: begins before the step */
	void *object;
};

struct ksim_round {
	const struct ksim_turn *turns;
	int length;
	bool tight; /* memory is tight from the beginning: kthreadd finds it so */
};

/* What the module of a scenario defines. */
static struct ksim_actor *const ksim_actors[];
static const int ksim_nactors;
static const struct ksim_round ksim_schedules[];
static const int ksim_nschedules;
static int ksim_setup(void);
static void ksim_reset(void); /* puts all objects into the state in which nothing has happened */

static DECLARE_WAIT_QUEUE_HEAD(ksim_gates);
static DECLARE_WAIT_QUEUE_HEAD(ksim_director);
static bool ksim_open; /* all gates are open */
static bool ksim_go; /* all is set up */
static bool ksim_relieved; /* what actors lacked was given to them from outside */
static int ksim_round_number;
static const struct ksim_round *ksim_following; /* NULL in random rounds */

/* Steps. */

static bool ksim_is_random(void)
{
	return !ksim_following;
}

static unsigned int ksim_dice(struct ksim_actor *me, unsigned int sides)
{
	me->seed = me->seed * 1103515245 + 12345;
	return (me->seed >> 16) % sides;
}

/* The next turn of an actor in the schedule, or NULL. */
static const struct ksim_turn *ksim_next_turn(struct ksim_actor *me)
{
	const struct ksim_round *schedule = ksim_following;

	if (!schedule || me->off)
		return NULL;
	for (; me->next < schedule->length; me->next++)
		if (schedule->turns[me->next].actor == me)
			return &schedule->turns[me->next++];
	return NULL;
}

static bool ksim_may_pass(struct ksim_actor *me)
{
	return READ_ONCE(me->granted) || READ_ONCE(ksim_open);
}

/* An actor that has come where the model never was goes no further. */
static void ksim_park(struct ksim_actor *me)
{
	WRITE_ONCE(me->off, true);
	for (;;)
		schedule_timeout_idle(HZ);
}

static void ksim_gate(struct ksim_actor *me, const struct ksim_op *op)
{
	const struct ksim_turn *turn;

	me->doing = op;
	/* kthreadd may come here before all is set up. */
	if (!me->atomic)
		wait_event_idle(ksim_gates, READ_ONCE(ksim_go));
	if (ksim_is_random()) {
		unsigned int dice = ksim_dice(me, 8);

		me->turn = NULL;
		if (me->atomic || READ_ONCE(ksim_open))
			return;
		if (dice < 3)
			usleep_range(50 << dice, 100 << (2 * dice));
		else if (dice < 5)
			yield();
		return;
	}
	if (!me->atomic) {
		WRITE_ONCE(me->at, op);
		wake_up(&ksim_director);
		wait_event_idle(ksim_gates, ksim_may_pass(me));
		WRITE_ONCE(me->at, NULL);
		me->granted = false;
	}
	turn = ksim_next_turn(me);
	if (turn && turn->op != op) {
		ksim_say(LEFT, (int)(turn - ksim_following->turns), me->number, "elsewhere",
			 op->does);
		WRITE_ONCE(me->off, true);
		turn = NULL;
	}
	me->turn = turn;
}

/* Says what a step has come to. */
static int ksim_did(struct ksim_actor *me, int result)
{
	me->resting = false;
	if (!ksim_is_random())
		ksim_say(RESULT, me->number, result, me->turn ? me->turn->result : -1,
			 me->doing->does);
	return result;
}

/* Which way a step takes that could take several. */
static int ksim_outcome(struct ksim_actor *me, int outcomes)
{
	if (me->turn)
		return me->turn->outcome;
	return ksim_is_random() ? ksim_dice(me, outcomes) : 0;
}

static int __maybe_unused ksim_unforeseen(struct ksim_actor *me, int result)
{
	/* With what came from outside it may go on where in the model it never does. */
	if (READ_ONCE(ksim_relieved))
		return 0;
	ksim_say(UNFORESEEN, me->number, result, me->doing->does);
	if (!me->atomic)
		ksim_park(me);
	return 0;
}

/*
 * A thread that starts over looks from time to time whether what it waits for is there, and whether
 * a round has begun.
 */
static void ksim_rest(struct ksim_actor *me)
{
	schedule_timeout_idle(msecs_to_jiffies(10));
	wait_event_idle(ksim_gates, READ_ONCE(ksim_go));
	if (me->round == READ_ONCE(ksim_round_number))
		return;
	me->round = READ_ONCE(ksim_round_number);
	ksim_gate(me, me->doing);
}

#define ksim_wait_event(me, queue, condition)              \
	do {                                               \
		if ((me)->resting)                         \
			while (!(condition))               \
				ksim_rest(me);             \
		else                                       \
			wait_event(queue, condition);      \
	} while (0)

/* The threads of actors. */

static int ksim_thread(void *data)
{
	struct ksim_actor *me = data;

	current->flags |= me->flags;
	WRITE_ONCE(me->task, current);
	wait_event_idle(ksim_gates, READ_ONCE(ksim_go));
	me->round = ksim_round_number;
	if (me->is == KSIM_KTHREAD)
		for (;;) {
			me->resting = true;
			me->body(me);
		}
	me->body(me);
	WRITE_ONCE(me->task, NULL);
	WRITE_ONCE(me->done, true);
	wake_up(&ksim_director);
	return 0;
}

static bool ksim_is_done(struct ksim_actor *a)
{
	return READ_ONCE(a->done) || READ_ONCE(a->resting);
}

static unsigned long ksim_switches(struct ksim_actor *a)
{
	struct task_struct *task = READ_ONCE(a->task);

	return task ? task->nvcsw + task->nivcsw : 0;
}

/* Sleeps in D, and not as an idle task does. */
static bool ksim_sleeps(struct ksim_actor *a)
{
	struct task_struct *task = READ_ONCE(a->task);
	unsigned int state = task ? READ_ONCE(task->__state) : 0;

	return (state & TASK_UNINTERRUPTIBLE) && !(state & TASK_NOLOAD);
}

#endif
