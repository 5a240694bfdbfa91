import lock from '../../image/image.lock.json' with { type: 'json' };

/** The image that every step runs: tag and digest, from the one lock file. */
export const image = `${lock.image}@${lock.digest}`;
