/** Source sites: the places in C that pass a flag or open a scope, and what a recording says of them. */
import { describe, expect, it } from 'vitest'
import { sourceFacts } from '../../src/audit/source-coverage.js'
import { sourceSites } from '../../src/audit/source-sites.js'
import { auditOf, GFP_NOFS, NOFS, Trace } from './trace.js'

const SOURCE = `/* GFP_NOFS in a comment */
#define TRIES GFP_NOFS
static const char *text = "GFP_NOFS";

static __printf(1, 2) int
simple(struct inode *inode, const char *fmt)
{
	if (flags == GFP_NOFS)	// GFP_NOIO
		return 0;
	return kmalloc(sizeof(*inode), (GFP_NOFS | __GFP_ZERO));
}

void passes(void)
{
	unsigned int saved = memalloc_nofs_save();

	add_delayed_extent(trans, 5,
			   next(1, 2),
			   GFP_NOFS);
	gfp_t gfp = GFP_NOIO;
	p = kmem_alloc(8, KM_NOFS);
}
`

describe('places in the source', () => {
  it('are found with their function, and the call that they are passed to', () => {
    const sites = sourceSites('fs/x.c', SOURCE)
    expect(sites.map(({ line, word, kind, callee, fn }) => [line, word, kind, callee, fn])).toEqual(
      [
        [2, 'GFP_NOFS', 'other', '', ''],
        [8, 'GFP_NOFS', 'other', '', 'simple'],
        [10, 'GFP_NOFS', 'allocation', 'kmalloc', 'simple'],
        [15, 'memalloc_nofs_save', 'scope', '', 'passes'],
        [17, 'GFP_NOFS', 'passed-on', 'add_delayed_extent', 'passes'],
        [20, 'GFP_NOIO', 'other', '', 'passes'],
        [21, 'KM_NOFS', 'allocation', 'kmem_alloc', 'passes'],
      ],
    )
  })

  it('are none where the words are part of others', () => {
    expect(
      sourceSites(
        'a.c',
        'int f(void)\n{\n\tx(__GFP_NOFS, GFP_NOFS_X, memalloc_nofs_restore(f));\n}\n',
      ),
    ).toEqual([])
  })

  it('are joined with what was recorded, and counted by directory', async () => {
    const { facts, stacks } = await auditOf(
      new Trace().kmalloc({ gfp: GFP_NOFS, fl: NOFS, st: '__kmalloc_noprof+1;simple.isra.0+2;x+3' })
        .text,
    )
    const source = sourceFacts(
      { folder: '/linux', files: 1, sites: sourceSites('fs/x.c', SOURCE) },
      { explicit: facts.callSites.explicit, stacks, lines: undefined },
    )
    expect(source.sites.map(({ verdict }) => verdict)).toEqual([
      'not-exercised',
      'always',
      'always',
      undefined,
      'not-exercised',
      'not-exercised',
      'not-exercised',
    ])
    expect(source.directories).toEqual([
      {
        directory: 'fs',
        flags: 6,
        always: 2,
        sometimes: 0,
        never: 0,
        unknown: 0,
        notExercised: 4,
        scopes: 1,
      },
    ])
  })
})
