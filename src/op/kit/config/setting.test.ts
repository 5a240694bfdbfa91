import { expect, test } from 'vitest';
import { namesSecret } from './setting.js';

test.each([
  'GITHUB_TOKEN',
  'DB_PASSWORD',
  'PGPWD',
  'AWS_SECRET_ACCESS_KEY',
  'GH_PAT',
  'CI_JOB_JWT',
  'DATABASE_URL',
  'REDIS_URI',
  'SENTRY_DSN',
  'SESSION_COOKIE',
  'SLACK_WEBHOOK',
  'AZURE_STORAGE_CONNECTION_STRING',
  'STORAGE_SAS',
])('%s names a secret', (key) => expect(namesSecret(key)).toBe(true));

test.each(['SKAFFOLD_DEFAULT_REPO', 'BUILDKIT_HOST', 'CI_PROJECT_PATH', 'REPOSITORY_URL', 'PATH', 'VERSION', 'SASHA'])(
  '%s does not',
  (key) => expect(namesSecret(key)).toBe(false),
);
