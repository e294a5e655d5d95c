import { describe, expect, it } from 'vitest'
import { isInterruptEntry } from '../../src/trace/attribute/interrupt.js'
import { StackTable } from '../../src/trace/stack.js'

const table = new StackTable()
const stack = (text: string, truncated = false) => table.intern(text, truncated)

describe('a stack', () => {
  it('is shared by all events that have the same', () => {
    expect(stack('a+1;b+2')).toBe(stack('a+1;b+2'))
    expect(stack('a+1;b+2')).not.toBe(stack('a+1;b+3'))
    expect(stack('a+1;b+2', true)).not.toBe(stack('a+1;b+2'))
    expect(stack('a+1;b+2', true).truncated).toBe(true)
  })

  it('has functions, with or without offsets', () => {
    expect(stack('f.isra.0+16;g').functions).toEqual(['f.isra.0', 'g'])
    expect(stack('f@ffffffff81234567;g').functions).toEqual(['f', 'g'])
  })

  it('is another call path where a function is called from another place', () => {
    expect(stack('f+1;g+2').path).toBe(stack('f+3;g+4').path)
    expect(stack('__kmalloc+9;f+1;g+2').callPath).toBe(stack('__kmalloc+8;f+1;g+2').callPath)
    expect(stack('__kmalloc+9;f+1;g+2').callPath).not.toBe(stack('__kmalloc+9;f+1;g+4').callPath)
  })

  it.each([
    ['inside', 'page+1;slab+2;f+9;user+5;sys+1', 'f+3;user+5;sys+1', true],
    ['called from another place', 'page+1;slab+2;f+9;user+6;sys+1', 'f+3;user+5;sys+1', false],
    ['from another path to the same caller', 'page+1;f+9;user+5;sys+2', 'f+3;user+5;sys+1', false],
    ['inside another function', 'page+1;g+9;user+5;sys+1', 'f+3;user+5;sys+1', false],
    ['shorter', 'user+5;sys+1', 'f+3;user+5;sys+1', false],
    ['longer outside', 'f+9;user+5;sys+1;more+1', 'f+3;user+5;sys+1', false],
    [
      'the same function, called again inside',
      'f+1;x+2;f+9;user+5;sys+1',
      'f+3;user+5;sys+1',
      true,
    ],
    ['of nothing but the function', 'page+1;f+9', 'f+3', false],
  ])('that is %s', (_, inner, outer, inside) => {
    expect(stack(inner).isInside(stack(outer))).toBe(inside)
  })

  it.each([
    ['the inner one was cut', 'page+1;f+9;user+5', true, 'f+3;user+5;sys+1', false, true],
    ['the outer one was cut', 'page+1;f+9;user+5;sys+1', false, 'f+3;user+5', true, true],
    [
      'what is left of the inner one differs',
      'page+1;f+9;user+6',
      true,
      'f+3;user+5;sys+1',
      false,
      false,
    ],
    ['nothing is left to compare', 'page+1;f+9', true, 'f+3;user+5;sys+1', false, false],
    ['the function comes twice', 'f+1;x+2;f+9;user+5', true, 'f+3;user+5;sys+1', false, true],
  ])('of which a part is missing: %s', (_, inner, innerCut, outer, outerCut, inside) => {
    expect(stack(inner, innerCut).isInside(stack(outer, outerCut))).toBe(inside)
  })
})

describe('the call site', () => {
  it.each([
    [
      'kmem_cache_alloc_noprof+1;alloc_buffer_head+2;folio_alloc_buffers+3',
      'alloc_buffer_head',
      'folio_alloc_buffers',
    ],
    [
      '__kmalloc_node_noprof+1;alloc_slab_obj_exts+2;allocate_slab+3;___slab_alloc+4;__slab_alloc.isra.0+5;kmem_cache_alloc_lru_noprof+6;ext4_alloc_inode+7;alloc_inode+8',
      'ext4_alloc_inode',
      'alloc_inode',
    ],
    [
      '__kmalloc_node_track_caller_noprof+1;kmemdup_nul+2;ext4_cache_fast_symlink+3',
      'ext4_cache_fast_symlink',
      '?',
    ],
    ['kmem_cache_alloc_noprof+1;mas_dup_alloc.isra.0+2;__mt_dup+3;dup_mmap+4', 'dup_mmap', '?'],
    [
      'kmem_cache_alloc+1;radix_tree_node_alloc.constprop.0+2;radix_tree_insert+3;xfs_iget+4;x+1',
      'xfs_iget',
      'x',
    ],
  ])('is the first function that does not allocate for another: %s', (text, site, caller) => {
    expect(stack(text).callSite).toEqual({ site, caller })
  })

  it('is not a copy that the compiler made of an allocator function', () => {
    const { callSite } = stack('kmem_cache_alloc+1;alloc_slab_obj_exts.constprop.0+2;user+3')
    expect(callSite?.site).toBe('user')
    // What XFS called kmalloc until 6.8.
    const xfs = stack('__kmalloc+1;kmem_alloc+2;xfs_dir_createname+3;xfs_create+4').callSite
    expect(xfs).toEqual({ site: 'xfs_dir_createname', caller: 'xfs_create' })
  })

  it('is unknown where only the allocator is left', () => {
    expect(stack('kmem_cache_alloc_noprof+1;xas_alloc+2', true).callSite).toBeUndefined()
  })
})

describe('an interrupt', () => {
  it.each([
    'asm_sysvec_apic_timer_interrupt',
    'sysvec_call_function_single',
    'common_interrupt',
    'handle_softirqs',
    '__do_softirq',
    'el1h_64_irq',
  ])('is entered through %s', (name) => {
    expect(isInterruptEntry(name)).toBe(true)
    expect(stack(`a+1;${name}+2;b+3`).interrupt).toBe(true)
  })

  it.each(['asm_exc_page_fault', 'irq_thread', 'run_workqueue', 'xsysvec_'])(
    'is not entered through %s',
    (name) => {
      expect(isInterruptEntry(name)).toBe(false)
    },
  )
})
