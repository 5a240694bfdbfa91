/** The lines of a container's log as the kubelet keeps it: `TIME STREAM F|P TEXT`, where P is a part of a line. Source: KEP-1769, the CRI log format. */
export function parseLog(text: string): readonly string[] {
  const lines: string[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    const [, tag, content = ''] = /^\S+ (?:stdout|stderr) (\S+) (.*)$/su.exec(line) ?? [];
    if (tag === undefined) continue;
    if (open) lines[lines.length - 1] += content;
    else lines.push(content);
    open = tag === 'P';
  }
  return lines;
}
