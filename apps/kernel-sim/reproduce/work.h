/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Work: items on real workqueues. An item is the actor, whatever thread runs it.
 *
 * - What a policy conveys with an item is kept beside it, by a wrapper of queue_work().
 * - The kernel begins an item at once, the model when its schedule says so; and only a pending item
 *   is not queued again. So items of the harness hold the places of a queue, and the director lets
 *   the oldest item begin by making one place more.
 * - A pool without an idle worker is one whose workers are all occupied by items of the harness.
 */
#ifndef KSIM_WORK_H
#define KSIM_WORK_H

#include <linux/completion.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "ksim.h"
#include "memory.h"

#define KSIM_MOST_HOLDERS 8

struct ksim_holder {
	struct work_struct work;
	bool begun, leaves;
};

/* A workqueue of the kernel. */
struct ksim_wq {
	struct workqueue_struct *wq;
	int limit; /* how many items may be under way at once; 0 for no limit */
	bool holds; /* whether its places are held */
	int under_way; /* items that the director has let begin */
	int held;
	struct ksim_holder holders[KSIM_MOST_HOLDERS];
};

/*
 * A queue of the model: the second one is for restricted items, under a policy that separates them.
 */
struct ksim_queue {
	const char *name;
	unsigned int flags;
	int limit;
	int cpu; /* or WORK_CPU_UNBOUND */
	bool holds;
	struct ksim_wq plain, restricted;
};

/* What the policy does with restrictions. */
static const bool ksim_conveys, ksim_separates, ksim_inherits;

struct ksim_work {
	struct work_struct work;
	struct delayed_work delayed;
	bool is_delayed;
	struct ksim_actor *actor;
	const struct ksim_op *begins, *finishes;
	struct lock_class_key key;
	spinlock_t lock; /* taken by handlers of hard interrupts too, which queue items */
	struct ksim_wq *on; /* where it was queued last */
	unsigned int conveyed;
	unsigned int queued, ran, cancelled;
	int cancelling; /* how many wait until it is cancelled */
};

static struct work_struct *ksim_work_struct(struct ksim_work *w)
{
	return w->is_delayed ? &w->delayed.work : &w->work;
}

/* Nothing has happened to an item. */
static void ksim_forget_work(struct ksim_work *w)
{
	w->queued = 0;
	w->ran = 0;
	w->cancelled = 0;
	w->cancelling = 0;
}

static void ksim_run_work(struct ksim_work *w)
{
	struct ksim_actor *me = w->actor;
	unsigned int conveyed, before = current->flags & KSIM_SCOPES;
	unsigned long irqs;

	spin_lock_irqsave(&w->lock, irqs);
	conveyed = w->conveyed;
	w->conveyed = 0;
	spin_unlock_irqrestore(&w->lock, irqs);
	WRITE_ONCE(me->task, current);
	ksim_gate(me, w->begins);
	ksim_did(me, 1);
	current->flags |= conveyed;
	me->body(me);
	ksim_gate(me, w->finishes);
	ksim_did(me, 0);
	current->flags = (current->flags & ~KSIM_SCOPES) | before;
	WRITE_ONCE(me->task, NULL);
	spin_lock_irqsave(&w->lock, irqs);
	w->ran++;
	WRITE_ONCE(me->done, w->ran + w->cancelled == w->queued);
	spin_unlock_irqrestore(&w->lock, irqs);
	wake_up(&ksim_director);
}

static void ksim_work_fn(struct work_struct *work)
{
	ksim_run_work(container_of(work, struct ksim_work, work));
}

static void ksim_delayed_work_fn(struct work_struct *work)
{
	ksim_run_work(container_of(to_delayed_work(work), struct ksim_work, delayed));
}

static void __maybe_unused ksim_init_work(struct ksim_work *w)
{
	w->actor->work = w;
	spin_lock_init(&w->lock);
	if (w->is_delayed)
		INIT_DELAYED_WORK(&w->delayed, ksim_delayed_work_fn);
	else
		INIT_WORK(&w->work, ksim_work_fn);
#ifdef CONFIG_LOCKDEP
	/* Each item is a lock class of its own. */
	lockdep_init_map(&ksim_work_struct(w)->lockdep_map, w->actor->name, &w->key, 0);
#endif
}

static unsigned int ksim_inherited(struct ksim_actor *me)
{
	unsigned int flags = 0;
	int i;

	if (!ksim_inherits || !me->work)
		return 0;
	for (i = 0; i < ksim_nactors; i++) {
		struct ksim_actor *a = ksim_actors[i];
		struct task_struct *task = READ_ONCE(a->task);

		if (a != me && READ_ONCE(a->waits_for) == me->work)
			flags |= (task ? task->flags & KSIM_SCOPES : 0) | ksim_inherited(a);
	}
	return flags;
}

static void __maybe_unused ksim_begin_wait(struct ksim_actor *me, const struct ksim_op *op,
					   struct ksim_work *w)
{
	ksim_gate(me, op);
	WRITE_ONCE(me->waits_for, w);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_end_wait(struct ksim_actor *me, const struct ksim_op *op)
{
	ksim_gate(me, op);
	WRITE_ONCE(me->waits_for, NULL);
	ksim_did(me, 0);
}

/*
 * What an actor conveys, and where its items go. In an interrupt nothing is conveyed: the flags are
 * another's.
 */
static unsigned int ksim_conveyed(struct ksim_actor *me)
{
	return ksim_conveys && me->is != KSIM_INTERRUPT ? current->flags & KSIM_SCOPES : 0;
}

static struct ksim_wq *ksim_target(struct ksim_queue *q, unsigned int conveyed)
{
	return ksim_separates && conveyed ? &q->restricted : &q->plain;
}

static void ksim_was_queued(struct ksim_work *w, struct ksim_wq *on, unsigned int conveyed)
{
	w->queued++;
	w->on = on;
	w->conveyed = conveyed;
	WRITE_ONCE(w->actor->done, false);
}

static int __maybe_unused ksim_queue_work(struct ksim_actor *me, const struct ksim_op *op,
					  struct ksim_queue *q, struct ksim_work *w)
{
	unsigned int conveyed;
	unsigned long irqs;
	struct ksim_wq *on;
	bool queued;

	ksim_gate(me, op);
	conveyed = ksim_conveyed(me);
	on = ksim_target(q, conveyed);
	spin_lock_irqsave(&w->lock, irqs);
	queued = queue_work_on(q->cpu, on->wq, &w->work);
	if (queued)
		ksim_was_queued(w, on, conveyed);
	spin_unlock_irqrestore(&w->lock, irqs);
	return ksim_did(me, queued);
}

/* The delay is so long that it is over when the director says so. */
#define KSIM_DELAY (3600 * HZ)

static int __maybe_unused ksim_queue_delayed_work(struct ksim_actor *me, const struct ksim_op *op,
						  struct ksim_queue *q, struct ksim_work *w)
{
	unsigned int conveyed;
	unsigned long irqs;
	bool queued;

	ksim_gate(me, op);
	conveyed = ksim_conveyed(me);
	spin_lock_irqsave(&w->lock, irqs);
	queued = queue_delayed_work_on(q->cpu, q->plain.wq, &w->delayed, KSIM_DELAY);
	if (queued)
		ksim_was_queued(w, &q->plain, conveyed);
	spin_unlock_irqrestore(&w->lock, irqs);
	return ksim_did(me, queued);
}

static int __maybe_unused ksim_mod_delayed_work(struct ksim_actor *me, const struct ksim_op *op,
						struct ksim_queue *q, struct ksim_work *w)
{
	unsigned int conveyed;
	unsigned long irqs;
	bool pending;

	ksim_gate(me, op);
	conveyed = ksim_conveyed(me);
	if (READ_ONCE(w->cancelling)) {
		/*
		 * It is not queued; what is returned differs: true up to 6.9, whether it was
		 * pending since.
		 */
		mod_delayed_work_on(q->cpu, q->plain.wq, &w->delayed, KSIM_DELAY);
		return ksim_did(me, 0);
	}
	spin_lock_irqsave(&w->lock, irqs);
	pending = mod_delayed_work_on(q->cpu, q->plain.wq, &w->delayed, KSIM_DELAY);
	if (pending)
		w->cancelled++;
	ksim_was_queued(w, &q->plain, conveyed);
	spin_unlock_irqrestore(&w->lock, irqs);
	return ksim_did(me, pending);
}

/* Happens by itself: the delay of an item is over. */
static void __maybe_unused ksim_delay_is_over(void *object)
{
	struct ksim_work *w = object;

	mod_timer_pending(&w->delayed.timer, jiffies);
}

/* Once all gates are open a delay is over. */
static void __maybe_unused ksim_hurry_work(struct ksim_work *w)
{
	if (w->is_delayed)
		ksim_delay_is_over(w);
}

/* Ends a delay (the first half of flush_delayed_work()). */
static void __maybe_unused ksim_end_delay(struct ksim_actor *me, const struct ksim_op *op,
					  struct ksim_work *w)
{
	ksim_gate(me, op);
	mod_timer_pending(&w->delayed.timer, jiffies);
	while (timer_pending(&w->delayed.timer))
		schedule_timeout_idle(1);
	ksim_did(me, 0);
}

/* Returns true if there was anything to wait for. */
static int __maybe_unused ksim_flush_work(struct ksim_actor *me, const struct ksim_op *op,
					  struct ksim_work *w)
{
	ksim_gate(me, op);
	return ksim_did(me, flush_work(ksim_work_struct(w)));
}

static void __maybe_unused ksim_flush_workqueue(struct ksim_actor *me, const struct ksim_op *op,
						struct ksim_queue *q)
{
	ksim_gate(me, op);
	__flush_workqueue(q->plain.wq);
	__flush_workqueue(q->restricted.wq);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_drain_workqueue(struct ksim_actor *me, const struct ksim_op *op,
					       struct ksim_queue *q)
{
	ksim_gate(me, op);
	drain_workqueue(q->plain.wq);
	drain_workqueue(q->restricted.wq);
	return ksim_did(me, 1);
}

static int __maybe_unused ksim_cancel_work(struct ksim_actor *me, const struct ksim_op *op,
					   struct ksim_work *w)
{
	unsigned long irqs;
	bool was_pending;

	ksim_gate(me, op);
	spin_lock_irqsave(&w->lock, irqs);
	w->cancelling++;
	spin_unlock_irqrestore(&w->lock, irqs);
	was_pending = w->is_delayed ? cancel_delayed_work_sync(&w->delayed) :
				      cancel_work_sync(&w->work);
	spin_lock_irqsave(&w->lock, irqs);
	w->cancelling--;
	if (was_pending) {
		w->cancelled++;
		w->conveyed = 0;
		WRITE_ONCE(w->actor->done, w->ran + w->cancelled == w->queued);
	}
	spin_unlock_irqrestore(&w->lock, irqs);
	return ksim_did(me, was_pending);
}

/* Queues. */

static bool ksim_occupied; /* the workers of a pool are */
/* Defined by the module: whoever holds places of queues leaves. */
static void ksim_leave_queues(void);

static int ksim_make_wq(struct ksim_wq *on, const char *name, unsigned int flags, int limit,
			bool holds)
{
	on->wq = alloc_workqueue("%s", flags, limit, name);
	on->limit = limit;
	on->holds = holds && limit <= KSIM_MOST_HOLDERS;
	return on->wq ? 0 : -ENOMEM;
}

static int __maybe_unused ksim_make_queue(struct ksim_queue *q)
{
	char name[24];

	snprintf(name, sizeof(name), "%.20s/R", q->name);
	return ksim_make_wq(&q->plain, q->name, q->flags, q->limit, q->holds) ?:
	       ksim_make_wq(&q->restricted, name, q->flags | WQ_MEM_RECLAIM, q->limit, q->holds);
}

static void ksim_holder_fn(struct work_struct *work)
{
	struct ksim_holder *holder = container_of(work, struct ksim_holder, work);

	WRITE_ONCE(holder->begun, true);
	wait_event_idle(ksim_gates, READ_ONCE(holder->leaves));
}

/*
 * Takes the places of a queue, so that its items stay pending. A queue without a limit gets one of
 * two, not of one: for lockdep who flushes an item of a queue that one thread serves waits for the
 * whole queue.
 */
static void ksim_hold(struct ksim_wq *on, int cpu)
{
	int i;

	on->under_way = 0;
	on->held = 0;
	if (!on->holds || ksim_is_random())
		return;
	on->held = on->limit ?: 2;
	if (!on->limit)
		workqueue_set_max_active(on->wq, on->held);
	for (i = 0; i < on->held; i++) {
		struct ksim_holder *holder = &on->holders[i];

		holder->begun = holder->leaves = false;
		INIT_WORK(&holder->work, ksim_holder_fn);
		queue_work_on(cpu, on->wq, &holder->work);
		while (!READ_ONCE(holder->begun))
			schedule_timeout_idle(1);
	}
}

static void __maybe_unused ksim_hold_queue(struct ksim_queue *q)
{
	ksim_hold(&q->plain, q->cpu);
	ksim_hold(&q->restricted, q->cpu);
}

static void ksim_leave(struct ksim_holder *holder)
{
	WRITE_ONCE(holder->leaves, true);
	wake_up_all(&ksim_gates);
}

static void ksim_leave_all(struct ksim_wq *on)
{
	int i;

	for (i = 0; i < on->held; i++)
		ksim_leave(&on->holders[i]);
	for (i = 0; i < on->held; i++)
		flush_work(&on->holders[i].work);
	on->held = 0;
}

/* The oldest item of the queue that an item is on may begin. */
static void __maybe_unused ksim_admit(void *object)
{
	struct ksim_work *w = object;
	struct ksim_wq *on = w->on;

	if (!on || !on->held)
		return;
	on->under_way++;
	if (on->limit)
		ksim_leave(&on->holders[--on->held]);
	else
		workqueue_set_max_active(on->wq, on->held + on->under_way);
}

/* An item is about to come to its end, and no other takes its place. */
static void ksim_dismiss(struct ksim_wq *on)
{
	if (!on || !on->held || on->limit)
		return;
	on->under_way--;
	workqueue_set_max_active(on->wq, on->held + on->under_way);
}

/*
 * Nobody holds places of the queue any more. Who does so in a pool without idle workers goes on
 * occupying one.
 */
static void ksim_release(struct ksim_wq *on)
{
	if (!on->held)
		return;
	if (!on->limit)
		workqueue_set_max_active(on->wq, WQ_DFL_ACTIVE);
	if (!READ_ONCE(ksim_occupied))
		ksim_leave_all(on);
}

static void __maybe_unused ksim_leave_queue(struct ksim_queue *q)
{
	ksim_leave_all(&q->plain);
	ksim_leave_all(&q->restricted);
}

static void __maybe_unused ksim_release_queue(struct ksim_queue *q)
{
	ksim_release(&q->plain);
	ksim_release(&q->restricted);
}

/* Pools that have no idle worker but one, or none at all. */

#define KSIM_MOST_OCCUPANTS 96

static struct workqueue_struct *ksim_others;
static struct work_struct ksim_occupants[KSIM_MOST_OCCUPANTS];
static int ksim_noccupants, ksim_occupants_begun;

static void ksim_occupant_fn(struct work_struct *work)
{
	WRITE_ONCE(ksim_occupants_begun, ksim_occupants_begun + 1);
	wait_event_idle(ksim_gates, !READ_ONCE(ksim_occupied));
}

static void ksim_occupy_one(int cpu)
{
	struct work_struct *work = &ksim_occupants[ksim_noccupants++];

	INIT_WORK(work, ksim_occupant_fn);
	queue_work_on(cpu, ksim_others, work);
}

/*
 * A new thread gets one of the stacks that its processor has cached, if there is one: threads of
 * ours hold them all.
 */
static struct task_struct *ksim_idlers[16];

static int ksim_idler(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_idle(HZ);
	return 0;
}

static void ksim_use_up_stacks(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ksim_idlers); i++)
		if (ksim_idlers[i])
			kthread_stop(ksim_idlers[i]);
	msleep(50); /* stacks are cached after a grace period */
	for (i = 0; i < ARRAY_SIZE(ksim_idlers); i++) {
		ksim_idlers[i] = kthread_run(ksim_idler, NULL, "ksim-idler");
		if (IS_ERR(ksim_idlers[i]))
			ksim_idlers[i] = NULL;
	}
}

static struct task_struct *ksim_kthreadd_task(void)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_vpid(2), PIDTYPE_PID);
	rcu_read_unlock();
	return task;
}

/* From now on kthreadd is of the cast: what it allocates for new threads calls the shrinkers. */
static void ksim_adopt_kthreadd(struct ksim_actor *kthreadd)
{
	kthreadd->reclaimed = false;
	kthreadd->shrunk = 0;
	WRITE_ONCE(kthreadd->allocating, true);
	WRITE_ONCE(kthreadd->task, ksim_kthreadd_task());
}

/* Waits until kthreadd has nothing to do. */
static void ksim_await_kthreadd(struct task_struct *task)
{
	int n;

	msleep(30);
	for (n = 0; n < 200 && !(READ_ONCE(task->__state) & TASK_INTERRUPTIBLE); n++)
		msleep(5);
}

/*
 * Occupies the workers of a processor's pool but for one: when the worker that takes an item has
 * had to wait until kthreadd had made another, that one is idle and no other is.
 */
static void ksim_leave_one_idle(int cpu)
{
	struct task_struct *task = ksim_kthreadd_task();
	bool made = false;

	while (!made && ksim_noccupants < KSIM_MOST_OCCUPANTS) {
		u64 before;

		ksim_await_kthreadd(task);
		before = task->se.sum_exec_runtime;
		ksim_occupy_one(cpu);
		while (READ_ONCE(ksim_occupants_begun) < ksim_noccupants)
			schedule_timeout_idle(1);
		made = task->se.sum_exec_runtime != before;
	}
	if (!made)
		ksim_say(UNPREPARED, "the workers could not be occupied");
}

/* Returns whether kthreadd has come to reclaim. */
static bool ksim_has_come(struct ksim_actor *kthreadd)
{
	return READ_ONCE(kthreadd->reclaimed) || READ_ONCE(kthreadd->shrunk);
}

/*
 * The same where memory is tight: the last idle worker is asked for by an item of ours, and
 * kthreadd stands at the gate of the first shrinker that it comes to for that. To have it idle
 * until an item of the scenario comes would not last: the kernel has items of its own. Where the
 * pool is to have no worker ever, kthreadd stays in reclaim until memory is given back.
 */
static void ksim_leave_none_idle(int cpu, struct ksim_actor *kthreadd, bool stays)
{
	int n;

	if (stays)
		WRITE_ONCE(ksim_stalled, kthreadd);
	ksim_adopt_kthreadd(kthreadd);
	while (!ksim_has_come(kthreadd) && ksim_noccupants < KSIM_MOST_OCCUPANTS) {
		ksim_occupy_one(cpu);
		for (n = 0; n < 20 && !ksim_has_come(kthreadd); n++)
			msleep(2);
	}
	if (!ksim_has_come(kthreadd))
		ksim_say(UNPREPARED, "kthreadd did not come to reclaim");
}

/* Makes a pool as its model is. Before: plenty of memory, and all threads are there. */
static void __maybe_unused ksim_exhaust(int cpu, struct ksim_actor *kthreadd, bool leaves_one,
					bool tight)
{
	ksim_use_up_stacks();
	WRITE_ONCE(ksim_occupied, true);
	if (tight || !leaves_one) {
		ksim_press();
		msleep(10);
	}
	if (leaves_one && !tight)
		ksim_leave_one_idle(cpu);
	else
		ksim_leave_none_idle(cpu, kthreadd, !leaves_one);
}

/* The other items of the pool come to their end. Returns how many there were. */
static int ksim_other_work_is_done(void)
{
	WRITE_ONCE(ksim_occupied, false);
	wake_up_all(&ksim_gates);
	ksim_leave_queues();
	return ksim_noccupants;
}

static void ksim_unstall(void)
{
	WRITE_ONCE(ksim_stalled, NULL);
	wake_up_all(&ksim_gates);
}

/* After a round. */
static void ksim_relax(void)
{
	int i;

	WRITE_ONCE(ksim_pressing, false);
	for (i = 0; i < ksim_nactors; i++)
		if (ksim_actors[i]->is == KSIM_KTHREADD)
			WRITE_ONCE(ksim_actors[i]->task, NULL);
	ksim_unstall();
	ksim_spare(2048);
	ksim_other_work_is_done();
	for (i = 0; i < ksim_noccupants; i++)
		flush_work(&ksim_occupants[i]);
	ksim_noccupants = ksim_occupants_begun = 0;
}

#endif
