import { Cron } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { parseSchedule } from './schedule.js';

describe('a schedule that Kubernetes accepts', () => {
  test.each([
    '0 3 * * *',
    '*/5 0-6 1,15 jan-MAR Mon-FRI',
    '5/15 ? * * ?',
    '@daily',
    '@every 1h30m',
    Cron.weekly().expressionString,
    Cron.schedule({ minute: '30', hour: '2' }).expressionString,
  ])('%s', (schedule) => {
    expect(parseSchedule(schedule)).toHaveProperty('kind');
  });
});

describe('a schedule that Kubernetes refuses', () => {
  test.each([
    ['0 3 * *', 'not five cron fields'],
    ['0 0 3 * * *', 'not five cron fields'],
    ['61 3 * * *', 'minute "61" is not within 0 to 59'],
    ['0 3 0 * *', 'day of month "0" is not within 1 to 31'],
    ['0 3 * * 7', 'day of week "7" is not within 0 to 6'],
    ['0 3 * 12-1 *', 'a range that ends before it begins'],
    ['*/0 * * * *', 'the step 0'],
    ['*/a * * * *', 'a step that is not a number'],
    ['1/2/3 * * * *', 'two steps'],
    ['H 3 * * *', 'not a number, a range or *'],
    ['0 3 * * MON-', 'not a number, a range or *'],
    ['TZ=Europe/Berlin 0 3 * * *', 'timeZone'],
    ['@fortnightly', 'not a descriptor'],
    ['daily', 'not five cron fields'],
  ])('%s', (schedule, message) => {
    expect(parseSchedule(schedule)).toEqual({ problem: expect.stringContaining(message) });
  });
});
