import type { Setting } from '../../kit/config/setting.js';
import { type Mirror, parseMirrors } from '../image-mirrors/mirror.js';
import { listOf } from './list-of.js';

/**
 * The mirrors of a build: those of the command line, else those of OP_IMAGE_MIRRORS.
 * @param configured OP_IMAGE_MIRRORS, `HOST=MIRROR` with commas between them
 * @throws OpError (usage) for one that is none
 */
export const imageMirrors = (named: readonly string[], configured: Setting | undefined): readonly Mirror[] =>
  parseMirrors(named.length > 0 ? named : listOf(configured?.value));
