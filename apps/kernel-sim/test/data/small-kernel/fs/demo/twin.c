static __attribute__((noinline, used)) int twin(int x)
{
	return x * x * x + x * 7 + (x << 3) - (x ^ 5);
}
