/**
 * Makes a function that starts a task, unless it is running already.
 * @param onFailure gets what the task rejects with
 * @param onSettled is called after each run, failed or not
 */
export function singleFlight(
  task: () => Promise<void>,
  onFailure: (error: unknown) => void,
  onSettled: () => void,
): () => void {
  let isRunning = false;
  return () => {
    if (isRunning) return;
    isRunning = true;
    task()
      .catch(onFailure)
      .finally(() => {
        isRunning = false;
        onSettled();
      });
  };
}
