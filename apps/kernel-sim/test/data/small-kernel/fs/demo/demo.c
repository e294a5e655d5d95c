#include "../../include/linux/slab.h"

static __attribute__((always_inline)) inline void *demo_name(unsigned long size)
{
	return kmalloc(size + 1, GFP_NOFS);
}

__attribute__((noinline)) void *demo_pass(unsigned long size, unsigned int flags)
{
	void *p = kmalloc(size, flags);

	return (char *)p + 1;
}

__attribute__((noinline)) void *demo_alloc(unsigned long size)
{
	void *p = demo_name(size);

	return (char *)p + 2;
}

void *demo_entry(unsigned long size)
{
	char *a = demo_alloc(size);
	char *b = demo_pass(size,
			    GFP_NOFS);

	return a + (b - a);
}
