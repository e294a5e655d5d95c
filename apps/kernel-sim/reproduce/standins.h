/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Stand-ins: what a module cannot have of the kernel itself, made of the primitives that its model
 * is made of: processes, transactions of a filesystem, a journal, mempools.
 */
#ifndef KSIM_STANDINS_H
#define KSIM_STANDINS_H

#include "ksim.h"
#include "shared.h"

/* Process: a thread that is there beforehand and takes the flags of whoever forks it. */

struct ksim_process {
	bool started;
	unsigned int flags;
	wait_queue_head_t waiters;
};

static void __maybe_unused ksim_ret_from_fork(struct ksim_actor *me, const struct ksim_op *op,
					      struct ksim_process *p)
{
	ksim_gate(me, op);
	ksim_wait_event(me, p->waiters, xchg(&p->started, false));
	current->flags |= p->flags;
	ksim_did(me, 0);
}

static void __maybe_unused ksim_fork(struct ksim_actor *me, const struct ksim_op *op,
				     struct ksim_process *p)
{
	ksim_gate(me, op);
	p->flags = current->flags & KSIM_SCOPES;
	smp_store_release(&p->started, true);
	wake_up_all(&p->waiters);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_exit(struct ksim_actor *me, const struct ksim_op *op)
{
	ksim_gate(me, op);
	current->flags = (current->flags & ~KSIM_SCOPES) | me->flags;
	ksim_did(me, 0);
}

/*
 * Transaction: what a scope belongs to. The scope itself is opened and closed by steps of their
 * own.
 */

struct ksim_transaction {
	struct ksim_actor *owner;
	bool nested;
};

static void __maybe_unused ksim_trans_set(struct ksim_actor *me, const struct ksim_op *op,
					  struct ksim_transaction *tp)
{
	ksim_gate(me, op);
	tp->owner = me;
	ksim_did(me, 0);
}

static void __maybe_unused ksim_trans_nest(struct ksim_actor *me, const struct ksim_op *op,
					   struct ksim_transaction *tp)
{
	ksim_gate(me, op);
	tp->nested = true;
	ksim_did(me, 0);
}

static int __maybe_unused ksim_trans_clear(struct ksim_actor *me, const struct ksim_op *op,
					   struct ksim_transaction *tp)
{
	bool nested;

	ksim_gate(me, op);
	nested = tp->nested;
	tp->owner = NULL;
	tp->nested = false;
	return ksim_did(me, nested);
}

static void __maybe_unused ksim_trans_switch(struct ksim_actor *me, const struct ksim_op *op,
					     struct ksim_transaction *from,
					     struct ksim_transaction *to)
{
	ksim_gate(me, op);
	*to = *from;
	from->owner = NULL;
	from->nested = false;
	ksim_did(me, 0);
}

/* Journal: handles join the running transaction, and a commit waits for them, as in jbd2. */

enum { KSIM_JOURNAL_IDLE, KSIM_JOURNAL_LOCKED, KSIM_JOURNAL_WRITING };

struct ksim_journal {
	struct mutex lock; /* of what follows; never held over a wait */
	wait_queue_head_t waiters;
	int state, handles, running, requested, space, room;
	int tid, committed; /* of the transaction that runs, and of the last one that is written */
};

static void __maybe_unused ksim_init_journal(struct ksim_journal *j)
{
	mutex_init(&j->lock);
	init_waitqueue_head(&j->waiters);
	j->tid = 1; /* the one before counts as written, as in journal_reset() */
}

static void __maybe_unused ksim_reset_journal(struct ksim_journal *j, int space)
{
	j->state = KSIM_JOURNAL_IDLE;
	j->handles = j->running = j->requested = 0;
	j->space = j->room = space;
}

static bool ksim_try_start(struct ksim_journal *j)
{
	bool joins;

	mutex_lock(&j->lock);
	joins = j->state != KSIM_JOURNAL_LOCKED;
	if (joins) {
		j->running = 1;
		j->handles++;
	}
	mutex_unlock(&j->lock);
	return joins;
}

static void __maybe_unused ksim_journal_start(struct ksim_actor *me, const struct ksim_op *op,
					      struct ksim_journal *j)
{
	ksim_gate(me, op);
	ksim_wait_event(me, j->waiters, ksim_try_start(j));
	me->handles = 1;
	ksim_did(me, 0);
}

static void __maybe_unused ksim_journal_stop(struct ksim_actor *me, const struct ksim_op *op,
					     struct ksim_journal *j)
{
	ksim_gate(me, op);
	me->handles = 0;
	mutex_lock(&j->lock);
	j->handles--;
	mutex_unlock(&j->lock);
	wake_up_all(&j->waiters);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_journal_nest(struct ksim_actor *me, const struct ksim_op *op)
{
	ksim_gate(me, op);
	if (me->handles)
		me->handles++;
	return ksim_did(me, me->handles > 0);
}

static void __maybe_unused ksim_journal_unnest(struct ksim_actor *me, const struct ksim_op *op)
{
	ksim_gate(me, op);
	me->handles--;
	ksim_did(me, 0);
}

static int __maybe_unused ksim_journal_lacks_space(struct ksim_actor *me, const struct ksim_op *op,
						   struct ksim_journal *j)
{
	ksim_gate(me, op);
	return ksim_did(me, READ_ONCE(j->room) == 0);
}

static void __maybe_unused ksim_journal_free_space(struct ksim_actor *me, const struct ksim_op *op,
						   struct ksim_journal *j)
{
	ksim_gate(me, op);
	WRITE_ONCE(j->room, j->space);
	wake_up_all(&j->waiters);
	ksim_did(me, 0);
}

static int __maybe_unused ksim_journal_start_commit(struct ksim_actor *me, const struct ksim_op *op,
						    struct ksim_journal *j)
{
	int waits = 1;

	ksim_gate(me, op);
	mutex_lock(&j->lock);
	if (j->running) {
		j->requested = 1;
		me->awaits = j->tid;
	} else if (j->state == KSIM_JOURNAL_WRITING) {
		me->awaits = j->tid - 1;
	} else {
		waits = 0;
	}
	mutex_unlock(&j->lock);
	wake_up_all(&j->waiters);
	return ksim_did(me, waits);
}

static void __maybe_unused ksim_journal_wait_commit(struct ksim_actor *me, const struct ksim_op *op,
						    struct ksim_journal *j)
{
	ksim_gate(me, op);
	wait_event(j->waiters, READ_ONCE(j->committed) - me->awaits >= 0);
	ksim_did(me, 0);
}

static bool ksim_try_begin(struct ksim_journal *j)
{
	bool begins;

	mutex_lock(&j->lock);
	begins = j->requested;
	if (begins) {
		j->requested = 0;
		j->state = KSIM_JOURNAL_LOCKED;
	}
	mutex_unlock(&j->lock);
	return begins;
}

static void __maybe_unused ksim_journal_begin(struct ksim_actor *me, const struct ksim_op *op,
					      struct ksim_journal *j)
{
	ksim_gate(me, op);
	ksim_wait_event(me, j->waiters, ksim_try_begin(j));
	ksim_did(me, 0);
}

static bool ksim_try_drain(struct ksim_journal *j)
{
	bool drained;

	mutex_lock(&j->lock);
	drained = !j->handles;
	if (drained) {
		j->state = KSIM_JOURNAL_WRITING;
		j->running = 0;
		j->tid++;
	}
	mutex_unlock(&j->lock);
	return drained;
}

static void __maybe_unused ksim_journal_drain(struct ksim_actor *me, const struct ksim_op *op,
					      struct ksim_journal *j)
{
	ksim_gate(me, op);
	wait_event(j->waiters, ksim_try_drain(j));
	wake_up_all(&j->waiters);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_journal_finish(struct ksim_actor *me, const struct ksim_op *op,
					       struct ksim_journal *j)
{
	ksim_gate(me, op);
	mutex_lock(&j->lock);
	j->state = KSIM_JOURNAL_IDLE;
	j->committed = j->tid - 1;
	if (j->room > 0)
		j->room--;
	mutex_unlock(&j->lock);
	wake_up_all(&j->waiters);
	ksim_did(me, 0);
}

/* Mempool: its reserve. The allocations around it are the kernel's. */

struct ksim_mempool {
	atomic_t left;
	wait_queue_head_t waiters;
};

static int __maybe_unused ksim_mempool_take(struct ksim_actor *me, const struct ksim_op *op,
					    struct ksim_mempool *pool)
{
	ksim_gate(me, op);
	return ksim_did(me, atomic_add_unless(&pool->left, -1, 0));
}

static void __maybe_unused ksim_mempool_wait(struct ksim_actor *me, const struct ksim_op *op,
					     struct ksim_mempool *pool)
{
	ksim_gate(me, op);
	wait_event(pool->waiters, atomic_read(&pool->left) > 0);
	ksim_did(me, 0);
}

static void __maybe_unused ksim_mempool_give(struct ksim_actor *me, const struct ksim_op *op,
					     struct ksim_mempool *pool)
{
	ksim_gate(me, op);
	atomic_inc(&pool->left);
	wake_up_all(&pool->waiters);
	ksim_did(me, 0);
}

#endif
