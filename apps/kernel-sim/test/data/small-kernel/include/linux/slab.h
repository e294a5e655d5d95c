#define GFP_NOFS 1u
#define GFP_KERNEL 2u
void *__kmalloc_noprof(unsigned long size, unsigned int flags);

static inline __attribute__((always_inline)) void *kmalloc(unsigned long size, unsigned int flags)
{
	return __kmalloc_noprof(size, flags);
}
