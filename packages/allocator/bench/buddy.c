/*
 * A buddy allocator over 4 KiB pages, the plainest that is quick: free blocks of each order on a doubly linked list, page
 * numbers instead of pointers. It performs the operations of sequence.mjs and prints how long each round took in
 * nanoseconds; then how many allocations failed, and the sum of the pages.
 *
 *     buddy PAGES SLOTS OPERATIONS ROUNDS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ORDERS 11
#define PAGEBLOCK_ORDER 9
#define FREE 0x10
#define USED 0x20

struct page {
	int32_t next, prev;
	uint32_t state; /* of the first page of a block: FREE or USED, and its order */
};

static struct page *pages; /* ORDERS list heads come after them */
static int32_t npages;

static void list_add(int32_t head, int32_t page)
{
	int32_t first = pages[head].next;
	pages[page].next = first;
	pages[page].prev = head;
	pages[first].prev = page;
	pages[head].next = page;
}

static void list_del(int32_t page)
{
	int32_t next = pages[page].next, prev = pages[page].prev;
	pages[prev].next = next;
	pages[next].prev = prev;
}

static void put_free(int32_t page, int order)
{
	pages[page].state = FREE | order;
	list_add(npages + order, page);
}

static int32_t alloc_block(int order)
{
	for (int size = order; size < ORDERS; size++) {
		int32_t head = npages + size, page = pages[head].next;
		if (page == head)
			continue;
		list_del(page);
		while (size > order) {
			size--;
			put_free(page + (1 << size), size);
		}
		pages[page].state = USED | order;
		return page;
	}
	return -1;
}

static int free_block(int32_t page, int order)
{
	if (page < 0 || page >= npages || pages[page].state != (uint32_t)(USED | order))
		return -1;
	pages[page].state = 0;
	while (order < ORDERS - 1) {
		int32_t buddy = page ^ (1 << order);
		if (pages[buddy].state != (uint32_t)(FREE | order))
			break;
		list_del(buddy);
		pages[buddy].state = 0;
		page &= buddy;
		order++;
	}
	pages[page].state = FREE | order;
	/* A block that will soon merge once more goes to the end of its list, as in the kernel (buddy_merge_likely). */
	int above = order + 1;
	int32_t likely = (page & -(1 << above)) ^ (1 << above);
	if (order < PAGEBLOCK_ORDER && pages[likely].state == (uint32_t)(FREE | above))
		list_add(pages[npages + order].prev, page);
	else
		list_add(npages + order, page);
	return 0;
}

static void begin(void)
{
	for (int order = 0; order < ORDERS; order++)
		pages[npages + order].next = pages[npages + order].prev = npages + order;
	for (int32_t page = 0; page < npages; page++)
		pages[page].state = 0;
	for (int32_t page = npages - (1 << (ORDERS - 1)); page >= 0; page -= 1 << (ORDERS - 1))
		put_free(page, ORDERS - 1);
}

/* The operations are those of sequence.mjs, which says in words what they are. */
static uint32_t seed = 20160427;

static uint32_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static int32_t slots;
static int32_t *held;
static int8_t *orders;
static uint32_t sum;
static long failed;

static void perform(long operations)
{
	for (long i = 0; i < operations; i++) {
		uint32_t r = draw();
		int32_t slot = (r >> 8) & (slots - 1);
		if (orders[slot] >= 0) {
			free_block(held[slot], orders[slot]);
			orders[slot] = -1;
			continue;
		}
		uint32_t kind = r & 0xff;
		int order = kind < 205 ? 0 : kind < 243 ? 1 + kind % 3 : 4 + kind % 6;
		int32_t page = alloc_block(order);
		if (page < 0) {
			failed++;
			continue;
		}
		held[slot] = page;
		orders[slot] = order;
		sum += page;
	}
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: buddy PAGES SLOTS OPERATIONS ROUNDS\n");
		return 2;
	}
	npages = atoi(argv[1]);
	slots = atoi(argv[2]);
	held = malloc(sizeof(*held) * slots);
	orders = malloc(slots);

	long operations = atol(argv[3]);
	pages = calloc(npages + ORDERS, sizeof(*pages));
	begin();
	for (int32_t slot = 0; slot < slots; slot++)
		orders[slot] = -1;
	perform(4 * slots);
	for (int round = atoi(argv[4]); round > 0; round--) {
		struct timespec from, to;
		clock_gettime(CLOCK_MONOTONIC, &from);
		perform(operations);
		clock_gettime(CLOCK_MONOTONIC, &to);
		printf("%.0f\n", (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec));
	}
	printf("%ld\n%u\n", failed, sum);
	return 0;
}
