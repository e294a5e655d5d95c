#include "../../include/linux/slab.h"

void *toy_alloc(unsigned long size)
{
	void *p = kmalloc(size, GFP_NOFS);

	return (char *)p + 3;
}
