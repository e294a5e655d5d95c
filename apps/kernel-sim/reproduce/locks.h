/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Locks and waiting: the kernel's own, each step at a gate. */
#ifndef KSIM_LOCKS_H
#define KSIM_LOCKS_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait_bit.h>

#include "ksim.h"

/* Mutex. */

static void __maybe_unused ksim_mutex_lock(struct ksim_actor *me, const struct ksim_op *op,
					   struct mutex *lock)
{
	ksim_gate(me, op);
	mutex_lock(lock);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_mutex_lock_nested(struct ksim_actor *me, const struct ksim_op *op,
						  struct mutex *lock, unsigned int subclass)
{
	ksim_gate(me, op);
	mutex_lock_nested(lock, subclass);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_mutex_trylock(struct ksim_actor *me, const struct ksim_op *op,
					     struct mutex *lock)
{
	ksim_gate(me, op);
	return ksim_did(me, mutex_trylock(lock));
}

static void __maybe_unused ksim_mutex_unlock(struct ksim_actor *me, const struct ksim_op *op,
					     struct mutex *lock)
{
	ksim_gate(me, op);
	mutex_unlock(lock);
	ksim_did(me, 0);
}

/* Read-write semaphore. */

static void __maybe_unused ksim_down_write(struct ksim_actor *me, const struct ksim_op *op,
					   struct rw_semaphore *sem)
{
	ksim_gate(me, op);
	down_write(sem);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_down_read(struct ksim_actor *me, const struct ksim_op *op,
					  struct rw_semaphore *sem)
{
	ksim_gate(me, op);
	down_read(sem);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_down_write_trylock(struct ksim_actor *me, const struct ksim_op *op,
						  struct rw_semaphore *sem)
{
	ksim_gate(me, op);
	return ksim_did(me, down_write_trylock(sem));
}

static int __maybe_unused ksim_down_read_trylock(struct ksim_actor *me, const struct ksim_op *op,
						 struct rw_semaphore *sem)
{
	ksim_gate(me, op);
	return ksim_did(me, down_read_trylock(sem));
}

static void __maybe_unused ksim_up_write(struct ksim_actor *me, const struct ksim_op *op,
					 struct rw_semaphore *sem)
{
	ksim_gate(me, op);
	up_write(sem);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_up_read(struct ksim_actor *me, const struct ksim_op *op,
					struct rw_semaphore *sem)
{
	ksim_gate(me, op);
	up_read(sem);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_downgrade_write(struct ksim_actor *me, const struct ksim_op *op,
						struct rw_semaphore *sem)
{
	ksim_gate(me, op);
	downgrade_write(sem);
	ksim_did(me, 0);
}

/* Spinlock. Who holds one does what follows without a gate. */

struct ksim_spinlock {
	spinlock_t lock;
	unsigned long flags;
};

static void __maybe_unused ksim_spin_lock(struct ksim_actor *me, const struct ksim_op *op,
					  struct ksim_spinlock *lock)
{
	ksim_gate(me, op);
	spin_lock(&lock->lock);
	me->atomic++;
	ksim_did(me, 0);
}

static void __maybe_unused ksim_spin_unlock(struct ksim_actor *me, const struct ksim_op *op,
					    struct ksim_spinlock *lock)
{
	ksim_gate(me, op);
	me->atomic--;
	spin_unlock(&lock->lock);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_spin_lock_bh(struct ksim_actor *me, const struct ksim_op *op,
					     struct ksim_spinlock *lock)
{
	ksim_gate(me, op);
	spin_lock_bh(&lock->lock);
	me->atomic++;
	ksim_did(me, 0);
}

static void __maybe_unused ksim_spin_unlock_bh(struct ksim_actor *me, const struct ksim_op *op,
					       struct ksim_spinlock *lock)
{
	ksim_gate(me, op);
	me->atomic--;
	spin_unlock_bh(&lock->lock);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_spin_lock_irqsave(struct ksim_actor *me, const struct ksim_op *op,
						  struct ksim_spinlock *lock)
{
	unsigned long flags;

	ksim_gate(me, op);
	spin_lock_irqsave(&lock->lock, flags);
	lock->flags = flags;
	me->atomic++;
	ksim_did(me, 0);
}

static void __maybe_unused ksim_spin_unlock_irqrestore(struct ksim_actor *me,
						       const struct ksim_op *op,
						       struct ksim_spinlock *lock)
{
	unsigned long flags = lock->flags;

	ksim_gate(me, op);
	me->atomic--;
	spin_unlock_irqrestore(&lock->lock, flags);
	ksim_did(me, 0);
}

/* Bit lock. */

struct ksim_bit {
	unsigned long word; /* its bit 0 */
};

static void __maybe_unused ksim_wait_on_bit_lock(struct ksim_actor *me, const struct ksim_op *op,
						 struct ksim_bit *bit)
{
	ksim_gate(me, op);
	if (me->resting)
		while (test_and_set_bit(0, &bit->word))
			ksim_rest(me);
	else
		wait_on_bit_lock(&bit->word, 0, TASK_UNINTERRUPTIBLE);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_test_and_set_bit(struct ksim_actor *me, const struct ksim_op *op,
						struct ksim_bit *bit)
{
	ksim_gate(me, op);
	return ksim_did(me, !test_and_set_bit(0, &bit->word));
}

static void __maybe_unused ksim_clear_and_wake_up_bit(struct ksim_actor *me,
						      const struct ksim_op *op,
						      struct ksim_bit *bit)
{
	ksim_gate(me, op);
	clear_and_wake_up_bit(0, &bit->word);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_wait_on_bit(struct ksim_actor *me, const struct ksim_op *op,
					    struct ksim_bit *bit)
{
	ksim_gate(me, op);
	if (me->resting)
		while (test_bit(0, &bit->word))
			ksim_rest(me);
	else
		wait_on_bit(&bit->word, 0, TASK_UNINTERRUPTIBLE);
	ksim_did(me, 0);
}

/* Completion. */

static void __maybe_unused ksim_complete(struct ksim_actor *me, const struct ksim_op *op,
					 struct completion *x)
{
	ksim_gate(me, op);
	complete(x);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_complete_all(struct ksim_actor *me, const struct ksim_op *op,
					     struct completion *x)
{
	ksim_gate(me, op);
	complete_all(x);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_wait_for_completion(struct ksim_actor *me, const struct ksim_op *op,
						    struct completion *x)
{
	ksim_gate(me, op);
	if (me->resting)
		while (!try_wait_for_completion(x))
			ksim_rest(me);
	else
		wait_for_completion(x);
	ksim_did(me, 0);
}

/*
 * In the model it times out at any moment, as long as it is not done: here at once, or not before
 * the end.
 */
static int __maybe_unused ksim_wait_for_completion_timeout(struct ksim_actor *me,
							   const struct ksim_op *op,
							   struct completion *x)
{
	unsigned long timeout;

	ksim_gate(me, op);
	timeout = ksim_outcome(me, 2) ? 600 * HZ : 1;
	return ksim_did(me, wait_for_completion_timeout(x, timeout) != 0);
}

static int __maybe_unused ksim_try_wait_for_completion(struct ksim_actor *me,
						       const struct ksim_op *op,
						       struct completion *x)
{
	ksim_gate(me, op);
	return ksim_did(me, try_wait_for_completion(x));
}

static void __maybe_unused ksim_reinit_completion(struct ksim_actor *me, const struct ksim_op *op,
						  struct completion *x)
{
	ksim_gate(me, op);
	reinit_completion(x);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_completion_done(struct ksim_actor *me, const struct ksim_op *op,
					       struct completion *x)
{
	ksim_gate(me, op);
	return ksim_did(me, completion_done(x));
}

/*
 * Wait queue. Between prepare_to_wait() and schedule() an actor may have to sleep at a gate, which
 * must not end its wait: so that it sleeps is a flag of its own, which stands for the state of its
 * task. Whoever wakes it clears that, through whichever queue.
 */

struct ksim_entry {
	struct wait_queue_entry entry;
	struct ksim_actor *actor;
};

#define KSIM_MOST_ACTORS 64

struct ksim_waitqueue {
	wait_queue_head_t head;
	struct ksim_entry entries[KSIM_MOST_ACTORS]; /* by actor */
};

static void __maybe_unused ksim_reset_waitqueue(struct ksim_waitqueue *q)
{
	INIT_LIST_HEAD(&q->head.head);
	memset(q->entries, 0, sizeof(q->entries));
}

static int ksim_wake(struct wait_queue_entry *entry, unsigned int mode, int sync, void *key)
{
	struct ksim_actor *a = container_of(entry, struct ksim_entry, entry)->actor;

	/* As autoremove_wake_function(): who is awake already is not woken, and its entry stays. */
	if (!cmpxchg(&a->asleep, true, false))
		return 0;
	list_del_init(&entry->entry);
	wake_up_process(entry->private);
	return 1;
}

static void ksim_prepare(struct ksim_actor *me, struct ksim_waitqueue *q, bool exclusive)
{
	struct ksim_entry *e = &q->entries[me->number];
	unsigned long flags;

	spin_lock_irqsave(&q->head.lock, flags);
	if (!e->actor) {
		init_waitqueue_func_entry(&e->entry, ksim_wake);
		INIT_LIST_HEAD(&e->entry.entry);
		e->actor = me;
	}
	e->entry.private = current;
	if (list_empty(&e->entry.entry)) {
		e->entry.flags = exclusive ? WQ_FLAG_EXCLUSIVE : 0;
		if (exclusive)
			__add_wait_queue_entry_tail(&q->head, &e->entry);
		else
			__add_wait_queue(&q->head, &e->entry);
	}
	WRITE_ONCE(me->asleep, true);
	spin_unlock_irqrestore(&q->head.lock, flags);
}

static void __maybe_unused ksim_prepare_to_wait(struct ksim_actor *me, const struct ksim_op *op,
						struct ksim_waitqueue *q)
{
	ksim_gate(me, op);
	ksim_prepare(me, q, false);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_prepare_to_wait_exclusive(struct ksim_actor *me,
							  const struct ksim_op *op,
							  struct ksim_waitqueue *q)
{
	ksim_gate(me, op);
	ksim_prepare(me, q, true);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_schedule(struct ksim_actor *me, const struct ksim_op *op,
					 struct ksim_waitqueue *q)
{
	ksim_gate(me, op);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!READ_ONCE(me->asleep))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	ksim_did(me, 0);
}

/* It times out when the schedule says so. @returns 1 for that. */
static int __maybe_unused ksim_schedule_timeout(struct ksim_actor *me, const struct ksim_op *op,
						struct ksim_waitqueue *q)
{
	long left;

	ksim_gate(me, op);
	left = ksim_outcome(me, 2) ? 1 : 600 * HZ;
	while (left) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!READ_ONCE(me->asleep))
			break;
		left = schedule_timeout(left);
	}
	__set_current_state(TASK_RUNNING);
	WRITE_ONCE(me->asleep, false);
	return ksim_did(me, !left);
}

static void __maybe_unused ksim_finish_wait(struct ksim_actor *me, const struct ksim_op *op,
					    struct ksim_waitqueue *q)
{
	struct ksim_entry *e = &q->entries[me->number];
	unsigned long flags;

	ksim_gate(me, op);
	spin_lock_irqsave(&q->head.lock, flags);
	WRITE_ONCE(me->asleep, false);
	if (e->actor)
		list_del_init(&e->entry.entry);
	spin_unlock_irqrestore(&q->head.lock, flags);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_wake_up_nr(struct ksim_actor *me, const struct ksim_op *op,
					   struct ksim_waitqueue *q, int exclusive)
{
	ksim_gate(me, op);
	wake_up_nr(&q->head, exclusive);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_wake_up(struct ksim_actor *me, const struct ksim_op *op,
					struct ksim_waitqueue *q)
{
	ksim_wake_up_nr(me, op, q, 1);
}

static void __maybe_unused ksim_wake_up_all(struct ksim_actor *me, const struct ksim_op *op,
					    struct ksim_waitqueue *q)
{
	ksim_wake_up_nr(me, op, q, 0);
}

#endif
