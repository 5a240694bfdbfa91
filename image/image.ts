import type { GoTool } from './inputs.js';
import type { OwnGoTool } from './own-go-tool.js';

/** What makes one image different from another. */
export interface Image {
  /** Last part of its name in the registry. */
  readonly name: string;
  readonly description: string;
  /** Debian packages and, through apt, what they depend on. */
  readonly packages: readonly string[];
  /** Programs of /usr/sbin that are kept; the others administer a machine. */
  readonly systemPrograms: readonly string[];
  readonly tools: readonly (GoTool | OwnGoTool)[];
  /** Files of configuration, text by absolute path. */
  readonly settings: Readonly<Record<string, string>>;
  /** Directories where volumes are mounted. */
  readonly mountPoints: readonly string[];
  /** Symbolic links, target by absolute path. */
  readonly links: Readonly<Record<string, string>>;
  /** The user it runs as. Numeric, so that `runAsNonRoot` can be checked without looking at /etc/passwd. */
  readonly user: { readonly name: string; readonly id: number; readonly home: string };
  readonly workingDirectory: string;
  readonly entrypoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}
