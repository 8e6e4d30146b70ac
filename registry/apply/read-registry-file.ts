import { LineCounter, isMap, isNode, isScalar, parseDocument, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import type { ZodError } from 'zod';
import { Failure } from '../../contract/index.ts';
import { fileShape } from './registry-file.ts';
import type { OrganizationEntry, RegistryFile } from './registry-file.ts';

export interface ReadOptions {
  /** Where `${env:NAME}` is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the file of `${file:path}`, or throws as `node:fs` does; whoever calls decides what paths are relative to. */
  readFile(path: string): string;
  /** What errors call the file. */
  readonly name: string;
}

type Path = readonly PropertyKey[];

/**
 * Reads a registry file and fills in its references. Credentials come by reference alone, so that no secret is ever
 * committed with it. Throws `run.invalid`, with line and column of the first fault.
 */
export function readRegistryFile(text: string, options: ReadOptions): RegistryFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${options.name}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw refusal(at(broken.pos[0]), `this is not YAML (${broken.code.toLowerCase()})`);

  const whereIs = (path: Path): string => at(offsetOf(document, path));
  fillReferences(document, options, at);
  const parsed = fileShape.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const { path, shown, what } = faultOf(issue);
    throw refusal(whereIs(path), `${shown.map(String).join('.') || 'the file'}: ${what}`);
  }
  const organizations = Object.entries(parsed.data.organizations).map(([org, written]) =>
    toEntry(org, written, (...path) => whereIs(['organizations', org, ...path])),
  );
  return { organizations };
}

/** `shown` is the path as a message may tell it: a key that should not be there may be a secret that was pasted there. */
function faultOf(issue: Issue | undefined): {
  readonly path: Path;
  readonly shown: Path;
  readonly what: string;
} {
  switch (issue?.code) {
    case 'unrecognized_keys': {
      const [key = ''] = issue.keys;
      const what = 'is not a key of this place';
      return { path: [...issue.path, key], shown: [...issue.path, nameOr(key, '…')], what };
    }
    case 'invalid_key': {
      const key = String(issue.path.at(-1));
      const what = issue.issues[0]?.message ?? issue.message;
      return { path: issue.path, shown: [...issue.path.slice(0, -1), nameOr(key, '…')], what };
    }
    default:
      return { path: issue?.path ?? [], shown: issue?.path ?? [], what: issue?.message ?? 'does not fit' };
  }
}

type Issue = ZodError['issues'][number];

/** The text where it looks like somebody's name for something. Keys of vendors hold digits, or are longer. */
export function nameOr(text: string, instead: string): string {
  return /^[A-Za-z-]{1,30}$/.test(text) ? text : instead;
}

/** One line: where, what is wrong, and what to do. */
export function refusal(place: string, message: string): Failure {
  return new Failure('run.invalid', `${place}: ${message}.`);
}

type Written = ReturnType<typeof fileShape.parse>['organizations'][string];

function toEntry(org: string, written: Written, whereIs: (...path: Path) => string): OrganizationEntry {
  const { providers, models, dataClasses, rules, assignments, policy, name } = written;
  return {
    org,
    place: whereIs(),
    name: name ?? null,
    policy,
    providers: Object.entries(providers).map(([slug, one]) => ({
      ...one,
      slug,
      place: whereIs('providers', slug),
    })),
    models: Object.entries(models).map(([slug, one]) => ({ ...one, slug, place: whereIs('models', slug) })),
    default: written.default === undefined ? null : { model: written.default, place: whereIs('default') },
    dataClasses: Object.entries(dataClasses).map(([one, values]) => ({
      ...values,
      class: one,
      place: whereIs('dataClasses', one),
    })),
    rules: Object.entries(rules).flatMap(([pipe, { behaviors, ...values }]) => [
      ...(Object.keys(values).length === 0
        ? []
        : [{ pipe, behavior: null, values, place: whereIs('rules', pipe) }]),
      ...Object.entries(behaviors).map(([behavior, own]) => ({
        pipe,
        behavior,
        values: own,
        place: whereIs('rules', pipe, 'behaviors', behavior),
      })),
    ]),
    assignments: Object.entries(assignments).flatMap(([pipe, behaviors]) =>
      Object.entries(behaviors).map(([behavior, model]) => ({
        pipe,
        behavior,
        model,
        place: whereIs('assignments', pipe, behavior),
      })),
    ),
  };
}

const reference = /\$\{(env|file):([^}]*)\}/g;

/** Only values are filled, never keys, and what was filled in is not looked at again. */
function fillReferences(document: Document, options: ReadOptions, at: (offset: number) => string): void {
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) === undefined)
        throw refusal(
          at(node.range?.[0] ?? 0),
          'nothing has the name after *; a text that begins with * is quoted',
        );
    },
    Scalar(key, node, ancestors) {
      if (key === 'key' || node.value === null || node.value === undefined) return;
      const place = at(node.range?.[0] ?? 0);
      const source = typeof node.value === 'string' ? node.value : '';
      if (isInCredential(ancestors) && typeof node.value !== 'boolean' && source.search(reference) < 0)
        throw refusal(place, 'a credential is written by reference only, as ${env:NAME} or ${file:path}');
      if (typeof node.value === 'string') node.value = source.replace(reference, fill(options, place));
    },
  });
}

/** What a reference names is not told unless it looks like a variable: it may be the secret itself. */
function fill(options: ReadOptions, place: string) {
  return (_whole: string, kind: string, name: string): string => {
    const value = kind === 'env' ? options.env[name] : readText(options, name, place).trimEnd();
    if (value !== undefined && value !== '') return value;
    const variable = /^[A-Z][A-Z_]{0,40}\d{0,2}$/.test(name) ? name : 'the variable that ${env:…} names';
    throw refusal(
      place,
      kind === 'env' ? `${variable} is not set in the environment` : 'the file that ${file:…} names is empty',
    );
  };
}

function readText(options: ReadOptions, path: string, place: string): string {
  try {
    return options.readFile(path);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw refusal(place, `the file that \${file:…} names cannot be read (${code})`);
  }
}

/** organizations / <org> / providers / <slug> / credential, however deep inside. */
function isInCredential(ancestors: readonly unknown[]): boolean {
  const keys = ancestors.flatMap((one) => {
    const pair = one as { key?: unknown } | null;
    return pair !== null && typeof pair === 'object' && isScalar(pair.key) ? [pair.key.value] : [];
  });
  return keys[0] === 'organizations' && keys[2] === 'providers' && keys[4] === 'credential';
}

/** Where the key of this path stands, or of the nearest place above it that exists. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = rangeOf(node);
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return offset;
      offset = rangeOf(pair.key);
      node = pair.value;
    } else {
      node =
        isNode(node) && 'get' in node
          ? (node as { get(key: unknown, keep: true): unknown }).get(step, true)
          : null;
      if (node === null || node === undefined) return offset;
      offset = rangeOf(node);
    }
  }
  return offset;
}

function rangeOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
