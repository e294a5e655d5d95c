/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What tasks share besides locks: numbers, queues of objects, choices; timers and interrupts. */
#ifndef KSIM_SHARED_H
#define KSIM_SHARED_H

#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kfifo.h>
#include <linux/timer.h>

#include "ksim.h"

/* Variable: a number, and who waits for it to have a value. */

struct ksim_variable {
	atomic_t value;
	wait_queue_head_t waiters;
};

static int __maybe_unused ksim_read(struct ksim_actor *me, const struct ksim_op *op,
				    struct ksim_variable *v)
{
	ksim_gate(me, op);
	return ksim_did(me, atomic_read(&v->value));
}

static void __maybe_unused ksim_set(struct ksim_actor *me, const struct ksim_op *op,
				    struct ksim_variable *v, int value)
{
	ksim_gate(me, op);
	atomic_set(&v->value, value);
	wake_up_all(&v->waiters);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_add(struct ksim_actor *me, const struct ksim_op *op,
				    struct ksim_variable *v, int by)
{
	ksim_gate(me, op);
	atomic_add(by, &v->value);
	wake_up_all(&v->waiters);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_take_one(struct ksim_actor *me, const struct ksim_op *op,
					struct ksim_variable *v)
{
	bool taken;

	ksim_gate(me, op);
	taken = atomic_add_unless(&v->value, -1, 0);
	wake_up_all(&v->waiters);
	return ksim_did(me, taken);
}

static void __maybe_unused ksim_wait_until(struct ksim_actor *me, const struct ksim_op *op,
					   struct ksim_variable *v, int value)
{
	ksim_gate(me, op);
	ksim_wait_event(me, v->waiters, atomic_read(&v->value) == value);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_wait_until_timeout(struct ksim_actor *me, const struct ksim_op *op,
						  struct ksim_variable *v, int value)
{
	long timeout;

	ksim_gate(me, op);
	timeout = ksim_outcome(me, 2) ? 600 * HZ : 1;
	timeout = wait_event_timeout(v->waiters, atomic_read(&v->value) == value, timeout);
	return ksim_did(me, timeout != 0);
}

static void __maybe_unused ksim_wait_while(struct ksim_actor *me, const struct ksim_op *op,
					   struct ksim_variable *v, int value)
{
	ksim_gate(me, op);
	ksim_wait_event(me, v->waiters, atomic_read(&v->value) != value);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_exchange(struct ksim_actor *me, const struct ksim_op *op,
					 struct ksim_variable *v, int from, int to)
{
	ksim_gate(me, op);
	ksim_wait_event(me, v->waiters, atomic_cmpxchg(&v->value, from, to) == from);
	wake_up_all(&v->waiters);
	ksim_did(me, 0);
}

/* Happens by itself: a request that is under way wakes kswapd. */
static void __maybe_unused ksim_kswapd_is_wanted(void *object)
{
	struct ksim_variable *wanted = object;

	atomic_set(&wanted->value, 1);
	wake_up_all(&wanted->waiters);
}

/* Fifo: a queue of objects, which are numbers here; 0 is none. */

#define KSIM_MOST_SLOTS 64 /* a power of 2 */

struct ksim_fifo {
	spinlock_t lock;
	wait_queue_head_t waiters;
	unsigned int capacity;
	DECLARE_KFIFO(items, int, KSIM_MOST_SLOTS);
};

static void __maybe_unused ksim_init_fifo(struct ksim_fifo *fifo, unsigned int capacity)
{
	spin_lock_init(&fifo->lock);
	init_waitqueue_head(&fifo->waiters);
	fifo->capacity = capacity;
	INIT_KFIFO(fifo->items);
}

static bool ksim_try_put(struct ksim_fifo *fifo, int item)
{
	unsigned long irqs;
	bool has_room;

	spin_lock_irqsave(&fifo->lock, irqs);
	has_room = kfifo_len(&fifo->items) < fifo->capacity && kfifo_put(&fifo->items, item);
	spin_unlock_irqrestore(&fifo->lock, irqs);
	return has_room;
}

static int ksim_try_get(struct ksim_fifo *fifo)
{
	unsigned long irqs;
	int item;

	spin_lock_irqsave(&fifo->lock, irqs);
	if (!kfifo_get(&fifo->items, &item))
		item = 0;
	spin_unlock_irqrestore(&fifo->lock, irqs);
	return item;
}

static void __maybe_unused ksim_fifo_put(struct ksim_actor *me, const struct ksim_op *op,
					 struct ksim_fifo *fifo, int item)
{
	ksim_gate(me, op);
	ksim_wait_event(me, fifo->waiters, ksim_try_put(fifo, item));
	wake_up_all(&fifo->waiters);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_fifo_get(struct ksim_actor *me, const struct ksim_op *op,
					struct ksim_fifo *fifo)
{
	int item;

	ksim_gate(me, op);
	ksim_wait_event(me, fifo->waiters, (item = ksim_try_get(fifo)) != 0);
	wake_up_all(&fifo->waiters);
	return ksim_did(me, item);
}

/* Choice: what the model leaves open. The schedule says which turn is taken. */

static int __maybe_unused ksim_choose(struct ksim_actor *me, const struct ksim_op *op, int turns)
{
	ksim_gate(me, op);
	return ksim_did(me, ksim_outcome(me, turns));
}

/*
 * Interrupts: a timer is one of the kernel's, a softirq runs as a tasklet, a hard interrupt as an
 * irq_work. When it runs the schedule says; without one, at once.
 */

struct ksim_interrupt {
	struct ksim_actor *actor;
	const struct ksim_op *enters, *returns;
	bool is_hard, is_timer;
	bool pending;
	struct timer_list timer;
	struct tasklet_struct tasklet;
	struct irq_work irq_work;
};

static void ksim_handle(struct ksim_interrupt *irq)
{
	struct ksim_actor *me = irq->actor;

	WRITE_ONCE(irq->pending, false);
	me->atomic++;
	ksim_gate(me, irq->enters);
	ksim_did(me, 0);
	me->body(me);
	ksim_gate(me, irq->returns);
	ksim_did(me, 0);
	me->atomic--;
	WRITE_ONCE(me->done, true);
	wake_up(&ksim_director);
}

static void ksim_tasklet_fn(struct tasklet_struct *tasklet)
{
	ksim_handle(container_of(tasklet, struct ksim_interrupt, tasklet));
}

static void ksim_irq_work_fn(struct irq_work *work)
{
	ksim_handle(container_of(work, struct ksim_interrupt, irq_work));
}

static void ksim_timer_fn(struct timer_list *timer)
{
	ksim_handle(container_of(timer, struct ksim_interrupt, timer));
}

static void __maybe_unused ksim_init_interrupt(struct ksim_interrupt *irq)
{
	irq->actor->done = true;
	if (irq->is_timer)
		timer_setup(&irq->timer, ksim_timer_fn, 0);
	else if (irq->is_hard)
		init_irq_work(&irq->irq_work, ksim_irq_work_fn);
	else
		tasklet_setup(&irq->tasklet, ksim_tasklet_fn);
}

/* Happens by itself. */
static void ksim_interrupts(void *object)
{
	struct ksim_interrupt *irq = object;

	if (irq->is_timer)
		mod_timer_pending(&irq->timer, jiffies);
	else if (irq->is_hard)
		irq_work_queue(&irq->irq_work);
	else
		tasklet_schedule(&irq->tasklet);
}

/* Once all gates are open it comes. */
static void __maybe_unused ksim_hurry_interrupt(struct ksim_interrupt *irq)
{
	if (READ_ONCE(irq->pending))
		ksim_interrupts(irq);
}

/* Whether it comes at once, since nobody says when. */
static bool ksim_comes_at_once(void)
{
	return ksim_is_random() || READ_ONCE(ksim_open);
}

static void __maybe_unused ksim_raise(struct ksim_actor *me, const struct ksim_op *op,
				      struct ksim_interrupt *irq)
{
	ksim_gate(me, op);
	WRITE_ONCE(irq->pending, true);
	WRITE_ONCE(irq->actor->done, false);
	if (ksim_comes_at_once())
		ksim_interrupts(irq);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_mod_timer(struct ksim_actor *me, const struct ksim_op *op,
					 struct ksim_interrupt *irq)
{
	unsigned long delay;

	ksim_gate(me, op);
	WRITE_ONCE(irq->pending, true);
	WRITE_ONCE(irq->actor->done, false);
	delay = ksim_comes_at_once() ? 1 : 3600 * HZ;
	return ksim_did(me, mod_timer(&irq->timer, jiffies + delay));
}

static int __maybe_unused ksim_timer_delete(struct ksim_actor *me, const struct ksim_op *op,
					    struct ksim_interrupt *irq)
{
	ksim_gate(me, op);
	WRITE_ONCE(irq->pending, false);
	WRITE_ONCE(irq->actor->done, true);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return ksim_did(me, timer_delete(&irq->timer));
#else
	return ksim_did(me, del_timer(&irq->timer));
#endif
}

static int __maybe_unused ksim_timer_delete_sync(struct ksim_actor *me, const struct ksim_op *op,
						 struct ksim_interrupt *irq)
{
	int was_armed;

	ksim_gate(me, op);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	was_armed = timer_delete_sync(&irq->timer);
#else
	was_armed = del_timer_sync(&irq->timer);
#endif
	WRITE_ONCE(irq->pending, false);
	WRITE_ONCE(irq->actor->done, true);
	return ksim_did(me, was_armed);
}

#endif
