/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Memory: allocations that reclaim, for real.
 *
 * - Ballast is taken by requests without any reclaim flag until one fails. That is at the minimum
 *   watermark, and wakes nobody.
 * - The next request that may reclaim cannot but do so. Both are repeated until a shrinker of ours
 *   was called by this very actor: that is the proof, and no assumption about free pages is left.
 * - The shrinkers of the scenario run their part of the model, if what is left of the request
 *   allows it. The last shrinker is ours: it gives some ballast back, so that the request succeeds
 *   at once.
 *
 * They answer actors; others get a few pages and no part of the model, kswapd nothing.
 *
 * Where the model counts pages, all is taken that reclaim finds besides, and our last shrinker
 * gives nothing: there is what the model has, and what the shrinkers of the scenario free. A page
 * of the model is some of the machine's, since a real kernel always frees one somewhere.
 */
#ifndef KSIM_MEMORY_H
#define KSIM_MEMORY_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include "ksim.h"

/* How many pages reclaim finds: for actors, and for others. */
#define KSIM_PORTION 32
#define KSIM_PORTION_OF_STRANGERS 4
/* How many pages a page of the model is: for who allocates it, and for who frees it. */
#define KSIM_PAGES 24
#define KSIM_PAGES_FREED 32
/* At how many priorities reclaim calls the shrinkers (DEF_PRIORITY and those below). */
#define KSIM_PRIORITIES 13
/* How often a request has to fail that reclaims, until nothing is left. */
#define KSIM_FAILURES 20
/* How many requests a pressed allocation makes before it gives up being reclaimed for. */
#define KSIM_TRIES 20000

/* How many pages there are in the model; -1 where it is left open whether memory is tight. */
static const int ksim_pages_counted;
static void ksim_wake_kswapd(void); /* defined by the module: kswapd of the model is wanted */

/* A request wants kswapd: when, a schedule says. */
static void ksim_want_kswapd(void)
{
	if (ksim_is_random() || READ_ONCE(ksim_open))
		ksim_wake_kswapd();
}

static LIST_HEAD(ksim_ballast);
static DEFINE_SPINLOCK(ksim_ballast_lock);
static bool ksim_plenty; /* memory is back for good */
static unsigned long ksim_calls_of_strangers;

static void ksim_keep(struct page *page)
{
	unsigned long irqs;

	if (!page)
		return;
	spin_lock_irqsave(&ksim_ballast_lock, irqs);
	list_add(&page->lru, &ksim_ballast);
	spin_unlock_irqrestore(&ksim_ballast_lock, irqs);
}

/* Gives ballast back. Returns how many pages. */
static unsigned long ksim_spare(unsigned long pages)
{
	unsigned long irqs, freed = 0;

	while (freed < pages) {
		struct page *page;

		spin_lock_irqsave(&ksim_ballast_lock, irqs);
		page = list_first_entry_or_null(&ksim_ballast, struct page, lru);
		if (page)
			list_del(&page->lru);
		spin_unlock_irqrestore(&ksim_ballast_lock, irqs);
		if (!page)
			break;
		__free_page(page);
		if (!(++freed & 255) && !in_atomic())
			cond_resched();
	}
	return freed;
}

/* Takes all that a request gets that neither reclaims nor wakes kswapd. Returns how many pages. */
static unsigned long ksim_eat(gfp_t high)
{
	struct page *page;
	unsigned long n = 0;

	while (!READ_ONCE(ksim_plenty)) {
		page = alloc_page(high | __GFP_NOWARN | __GFP_NOMEMALLOC);
		if (!page)
			break;
		ksim_keep(page);
		if (!(++n & 255) && !in_atomic())
			cond_resched();
	}
	return n;
}

/* Keeps memory tight, whoever frees some. The thread is there beforehand. */
static bool ksim_pressing;

static int ksim_presser(void *unused)
{
	for (;;) {
		wait_event_idle(ksim_gates, READ_ONCE(ksim_pressing));
		ksim_eat(0);
		usleep_range(200, 400);
	}
	return 0;
}

static void ksim_press(void)
{
	int i;

	WRITE_ONCE(ksim_pressing, true);
	wake_up_all(&ksim_gates);
	/*
	 * Compaction, which a request of a high order asks for, puts the pages back that processors
	 * keep.
	 */
	for (i = 0; i < 3; i++) {
		struct page *page;

		ksim_eat(0);
		page = alloc_pages(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN | __GFP_NOLOCKDEP, 5);
		if (page)
			__free_pages(page, 5);
	}
	ksim_eat(0);
}

/* Shrinkers. */

struct ksim_shrinker {
	const char *name;
	int number;
	gfp_t needs; /* what a request must allow for it to be called */
	int (*scan)(struct ksim_actor *me, gfp_t gfp); /* NULL for ours, which gives ballast back */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	struct shrinker *shrinker;
#else
	struct shrinker shrinker;
#endif
};

static struct ksim_shrinker *ksim_shrinker_of(struct shrinker *shrinker)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return shrinker->private_data;
#else
	return container_of(shrinker, struct ksim_shrinker, shrinker);
#endif
}

static struct task_struct *ksim_squeezer; /* who takes what reclaim finds elsewhere */
static struct ksim_actor *ksim_stalled; /* it stays in reclaim until memory is given back */

/* Who it is that reclaims. */
static struct ksim_actor *ksim_me(void)
{
	int i;

	for (i = 0; i < ksim_nactors; i++)
		if (READ_ONCE(ksim_actors[i]->task) == current)
			return ksim_actors[i];
	return NULL;
}

static unsigned long ksim_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct ksim_actor *me = ksim_me();

	if (me && READ_ONCE(me->allocating))
		return 1024;
	return current_is_kswapd() ? 0 : 1024;
}

static unsigned long ksim_give(unsigned long pages)
{
	unsigned long freed = ksim_spare(pages);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	mm_account_reclaimed_pages(freed);
#else
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += freed;
#endif
	return freed ?: SHRINK_STOP;
}

/* A shrinker of the scenario is called in an actor's context. */
static void ksim_go_through(struct ksim_shrinker *s, struct ksim_actor *me, gfp_t gfp)
{
	const struct ksim_op *doing = me->doing;
	const struct ksim_turn *turn = me->turn;

	if (!ksim_is_random())
		ksim_say(RECLAIM, me->number, !!(gfp & __GFP_FS), !!(gfp & __GFP_IO), s->name);
	if (me->is == KSIM_KTHREADD)
		me->resting = false;
	s->scan(me, gfp);
	if (me->is == KSIM_KTHREADD)
		me->resting = true;
	me->doing = doing;
	me->turn = turn;
}

/* An actor gives back what it took. */
static void ksim_repay(struct ksim_actor *me)
{
	unsigned long pages = me->lent;

	me->lent = 0;
	ksim_spare(pages);
}

static unsigned long ksim_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct ksim_shrinker *s = ksim_shrinker_of(shrinker);
	struct ksim_actor *me = ksim_me();
	bool allows = (sc->gfp_mask & s->needs) == s->needs;

	if (READ_ONCE(ksim_squeezer) == current)
		return SHRINK_STOP;
	if (!me || !READ_ONCE(me->allocating)) {
		ksim_calls_of_strangers++;
		if (!s->scan)
			return ksim_give(KSIM_PORTION_OF_STRANGERS);
		return SHRINK_STOP;
	}
	ksim_repay(me);
	if (!s->scan) {
		me->calls++;
		if (!me->reclaimed && !ksim_is_random())
			ksim_say(RECLAIM, me->number, !!(sc->gfp_mask & __GFP_FS),
				 !!(sc->gfp_mask & __GFP_IO), s->name);
		WRITE_ONCE(me->reclaimed, true);
		/*
		 * A request that tries again after all priorities goes through the shrinkers anew.
		 */
		if (ksim_pages_counted >= 0 && !(me->calls % KSIM_PRIORITIES)) {
			me->shrunk = 0;
			if (sc->gfp_mask & __GFP_KSWAPD_RECLAIM)
				ksim_want_kswapd();
		}
		if (READ_ONCE(ksim_stalled) == me)
			wait_event(ksim_gates,
				   READ_ONCE(ksim_plenty) || READ_ONCE(ksim_stalled) != me);
		if (me->starves || ksim_pages_counted >= 0)
			return SHRINK_STOP;
		return ksim_give(KSIM_PORTION);
	}
	/*
	 * With memory given back nothing is tight any more, and in the model no shrinker is called
	 * then.
	 */
	if (allows && !READ_ONCE(ksim_relieved) && READ_ONCE(ksim_stalled) != me &&
	    !(me->shrunk & BIT(s->number))) {
		me->shrunk |= BIT(s->number);
		ksim_go_through(s, me, sc->gfp_mask);
	}
	return SHRINK_STOP;
}

/* With no seeks half of the objects are asked for at once: called at the first priority already. */
static int ksim_register(struct ksim_shrinker *s)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	s->shrinker = shrinker_alloc(0, "ksim");
	if (!s->shrinker)
		return -ENOMEM;
	s->shrinker->private_data = s;
	s->shrinker->count_objects = ksim_count;
	s->shrinker->scan_objects = ksim_scan;
	s->shrinker->seeks = 0;
	s->shrinker->batch = 512;
	shrinker_register(s->shrinker);
	return 0;
#else
	s->shrinker.count_objects = ksim_count;
	s->shrinker.scan_objects = ksim_scan;
	s->shrinker.seeks = 0;
	s->shrinker.batch = 512;
	return register_shrinker(&s->shrinker, "ksim");
#endif
}

static struct ksim_shrinker ksim_giver = { .name = "ballast" };

/* Allocations. */

/*
 * The restrictions of whoever waits for what an actor works on, and of whoever waits for those: see
 * work.h.
 */
static unsigned int ksim_inherited(struct ksim_actor *me);

/*
 * Reclaim that nobody's allocation enters, as kswapd's: a stand-in, since when the real kswapd runs
 * cannot be chosen. The actor allocates under pressure, and the page goes to the ballast.
 */
static bool ksim_pressed_alloc(struct ksim_actor *me, gfp_t gfp);

static void __maybe_unused ksim_reclaim(struct ksim_actor *me, gfp_t gfp)
{
	unsigned int before = current->flags & PF_MEMALLOC;
	struct page *page;

	current->flags &= ~PF_MEMALLOC;
	if (ksim_pages_counted < 0) {
		ksim_pressed_alloc(me, gfp | __GFP_NOWARN);
	} else {
		/*
		 * Not to be killed for: this is no request of the model. It reclaims though there
		 * may be a page.
		 */
		me->shrunk = 0;
		me->lent = ksim_eat(0);
		WRITE_ONCE(me->allocating, true);
		page = alloc_page(gfp | __GFP_NOWARN | __GFP_NORETRY);
		WRITE_ONCE(me->allocating, false);
		ksim_repay(me);
		if (page)
			__free_page(page);
	}
	current->flags |= before;
}

/* Whether an allocation of the actor finds memory tight now. */
static bool ksim_finds_pressure(struct ksim_actor *me)
{
	if (me->turn)
		return me->turn->flags & KSIM_PRESSED;
	return !ksim_is_random() || ksim_dice(me, 4);
}

static bool ksim_pressed_alloc(struct ksim_actor *me, gfp_t gfp)
{
	bool fails = me->turn && (me->turn->flags & KSIM_FAILS);
	struct page *page;
	int tries = 0;

	if (gfp & __GFP_KSWAPD_RECLAIM)
		ksim_want_kswapd();
	if (!gfpflags_allow_blocking(gfp)) {
		do {
			ksim_eat(gfp & __GFP_HIGH);
			page = alloc_page(gfp);
			ksim_keep(page);
		} while (page && ++tries < KSIM_TRIES);
		return page;
	}
	me->reclaimed = false;
	me->shrunk = 0;
	me->starves = fails;
	WRITE_ONCE(me->allocating, true);
	do {
		ksim_eat(0);
		page = alloc_page(gfp);
		ksim_keep(page);
	} while ((fails ? !!page : !READ_ONCE(me->reclaimed)) && ++tries < KSIM_TRIES &&
		 !READ_ONCE(ksim_plenty));
	WRITE_ONCE(me->allocating, false);
	me->starves = false;
	if (!READ_ONCE(ksim_plenty))
		ksim_say(PRESSED, me->number, me->reclaimed ? "seen" : "unseen");
	return page;
}

/*
 * Gives so much back that the free pages are at the minimum watermark: what reserves have lent does
 * not count as freed.
 */
static void ksim_fill_reserves(void)
{
	struct page *page;

	do {
		page = alloc_page(__GFP_NOWARN | __GFP_NOMEMALLOC);
		if (page)
			__free_page(page);
	} while (!page && ksim_spare(1));
}

/* Takes all pages that there are, those that reclaim finds too, and leaves what the model has. */
static void ksim_squeeze(void)
{
	int failures = 0;

	if (ksim_pages_counted < 0)
		return;
	WRITE_ONCE(ksim_squeezer, current);
	while (failures < KSIM_FAILURES) {
		struct page *page;

		ksim_eat(0);
		page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
		ksim_keep(page);
		failures = page ? 0 : failures + 1;
	}
	WRITE_ONCE(ksim_squeezer, NULL);
	if (!ksim_pages_counted)
		return;
	ksim_fill_reserves();
	ksim_spare(ksim_pages_counted * KSIM_PAGES_FREED);
}

static int ksim_taking; /* somebody has the first of a page's pages, and is to get the others */

/*
 * A page of the model: the kernel tries for it as long as it has to. Who has got the first of its
 * pages gets the others before anybody else does: two that have half of it each would both wait for
 * ever.
 */
static bool ksim_counted_alloc(struct ksim_actor *me, gfp_t gfp)
{
	int i, failed = 0;

	if (gfp & __GFP_KSWAPD_RECLAIM)
		ksim_want_kswapd();
	me->reclaimed = false;
	WRITE_ONCE(me->allocating, true);
	for (i = 0; i < KSIM_PAGES; i++) {
		struct page *page;

		me->shrunk = 0;
		page = alloc_page(gfp | __GFP_NOWARN);
		ksim_keep(page);
		failed += !page;
		if (!i)
			wait_event_idle(ksim_gates, !cmpxchg(&ksim_taking, 0, 1));
	}
	WRITE_ONCE(ksim_taking, 0);
	wake_up_all(&ksim_gates);
	WRITE_ONCE(me->allocating, false);
	return !failed;
}

/* A page of the model is free again. */
static void __maybe_unused ksim_free_pages(struct ksim_actor *me, const struct ksim_op *op)
{
	ksim_gate(me, op);
	ksim_fill_reserves();
	ksim_spare(me->allocating ? KSIM_PAGES_FREED : KSIM_PAGES);
	ksim_did(me, 0);
}

/* The actor allocates a page. Returns true if it has got one. */
static int __maybe_unused ksim_alloc(struct ksim_actor *me, const struct ksim_op *op, gfp_t gfp)
{
	unsigned int before = current->flags & KSIM_SCOPES;
	bool has_page = true;

	ksim_gate(me, op);
	current->flags |= ksim_inherited(me);
	if (current->flags & PF_MEMALLOC) {
		/* It frees memory itself: it gets a page of the reserves. */
		ksim_keep(alloc_page(gfp | __GFP_NOWARN));
	} else if (ksim_pages_counted >= 0) {
		has_page = ksim_counted_alloc(me, gfp);
	} else if (ksim_finds_pressure(me)) {
		has_page = ksim_pressed_alloc(me, gfp | __GFP_NOWARN);
	} else {
		ksim_spare(64);
		ksim_keep(alloc_page(gfp | __GFP_NOWARN));
	}
	current->flags = (current->flags & ~KSIM_SCOPES) | before;
	return ksim_did(me, has_page);
}

/* Scopes. */

static int __maybe_unused ksim_save(struct ksim_actor *me, const struct ksim_op *op,
				    unsigned int mask)
{
	unsigned int before;

	ksim_gate(me, op);
	before = current->flags & mask;
	if (mask == PF_MEMALLOC_NOFS)
		memalloc_nofs_save();
	else if (mask == PF_MEMALLOC_NOIO)
		memalloc_noio_save();
	else
		current->flags |= mask; /* what callers in the kernel do by hand */
	return ksim_did(me, before);
}

static void __maybe_unused ksim_restore(struct ksim_actor *me, const struct ksim_op *op,
					unsigned int mask, unsigned int saved)
{
	ksim_gate(me, op);
	if (mask == PF_MEMALLOC_NOFS)
		memalloc_nofs_restore(saved);
	else if (mask == PF_MEMALLOC_NOIO)
		memalloc_noio_restore(saved);
	else
		current->flags = (current->flags & ~mask) | saved;
	ksim_did(me, 0);
}

#endif
