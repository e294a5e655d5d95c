__attribute__((noinline)) void *__kmalloc_noprof(unsigned long size, unsigned int flags)
{
	return (void *)(size + flags);
}
static __attribute__((noinline, used)) int twin(int x) { return x * 3; }
