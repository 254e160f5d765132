import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

type Step = { word: string; rest: string };

/** What a stage has come to: `root` is the folder that stands for its `/`. */
export type Image = {
  root: string;
  /** Where the commands of its base image are. */
  path: string;
  base: string;
  workdir: string;
  env: Record<string, string>;
  user: string;
  entrypoint: string[];
  cmd: string[];
  healthcheck: string[];
};

/** Steps in their order: comments gone, lines that end in a backslash joined with the next. */
const stepsOf = (text: string): Step[] =>
  text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { word, rest };
    });

/** A command as a list of words: in any other form a shell stands between a signal and the hub. */
const execForm = (text: string): string[] => JSON.parse(text) as string[];

/** Does `.dockerignore` keep this path out? The last line that names it, or a folder it is in, decides. */
const keptOut = (patterns: readonly string[], path: string): boolean => {
  let out = false;
  for (const pattern of patterns) {
    const name = pattern.replace(/^!/, '');
    if (name === '*' || path === name || path.startsWith(`${name}/`)) out = !pattern.startsWith('!');
  }
  return out;
};

const ignoreIn = async (context: string): Promise<(file: string) => boolean> => {
  const text = await readFile(join(context, '.dockerignore'), 'utf8');
  const patterns = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  return (file) => keptOut(patterns, relative(context, file));
};

/** Of this machine's settings a build sees those that lead npm to packages, and no others. */
const networkSettings = (): NodeJS.ProcessEnv => {
  const wanted =
    /^(home|\w+_proxy|node_extra_ca_certs|ssl_cert_\w+|npm_config_(registry|cache|userconfig|globalconfig|cafile))$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted.test(name)));
};

/** The machine's own commands, without those of the checkout the tests run in. */
const machinePath = (): string[] =>
  (process.env['PATH'] ?? '').split(':').filter((part) => !part.includes('node_modules'));

const place = (image: Image, path: string): string => join(image.root, path.startsWith('/') ? '' : image.workdir, path);

const copyInto = async (image: Image, words: string, stages: Map<string, Image>, context: string): Promise<void> => {
  const parts = words.split(/\s+/);
  const from = parts[0]?.startsWith('--from=') ? stages.get(parts.shift()?.slice('--from='.length) ?? '') : undefined;
  const target = parts.pop() ?? '';
  if (parts.some((part) => /^--|[*?]/.test(part)) || (parts.length > 1 && !target.endsWith('/')))
    throw new Error(`this reader does not understand COPY ${words}`);
  const isIgnored = await ignoreIn(context);
  for (const part of parts) {
    const source = from ? place(from, part) : join(context, part);
    const isFolder = (await stat(source)).isDirectory();
    const goal = place(image, !isFolder && target.endsWith('/') ? join(target, basename(part)) : target);
    const filter = (file: string) => from !== undefined || !isIgnored(file);
    await cp(source, goal, { recursive: true, verbatimSymlinks: true, filter });
    if (!existsSync(goal)) throw new Error(`COPY finds nothing at ${part}: .dockerignore keeps it out`);
  }
};

const runIn = async (image: Image, command: string): Promise<void> => {
  if (/(^|[\s=])\//.test(command)) throw new Error(`RUN ${command} leaves the folder that stands for the image`);
  await exec('/bin/sh', ['-c', command], {
    cwd: place(image, ''),
    env: {
      ...networkSettings(),
      npm_config_prefer_offline: 'true',
      ...image.env,
      PATH: [image.path, ...machinePath()].join(':'),
    },
    maxBuffer: 64 * 1024 * 1024,
  });
};

const take = async (image: Image, step: Step, stages: Map<string, Image>, context: string): Promise<void> => {
  const { word, rest } = step;
  if (word === 'WORKDIR') {
    image.workdir = rest;
    await mkdir(join(image.root, rest), { recursive: true });
  } else if (word === 'ENV') {
    for (const pair of rest.split(/\s+/)) {
      const [name = '', value = ''] = pair.split('=');
      image.env[name] = value;
    }
  } else if (word === 'COPY') await copyInto(image, rest, stages, context);
  else if (word === 'RUN') await runIn(image, rest);
  else if (word === 'USER') image.user = rest;
  else if (word === 'ENTRYPOINT') image.entrypoint = execForm(rest);
  else if (word === 'CMD') image.cmd = execForm(rest);
  else if (word === 'HEALTHCHECK') image.healthcheck = execForm(rest.replace(/^.*?\bCMD\s+/, ''));
  else if (word !== 'EXPOSE') throw new Error(`this reader does not know the step ${word} ${rest}`);
};

/**
 * Runs a Dockerfile's steps without Docker: each stage is an empty folder under one in the system's temporary folder, and
 * Node's image is the Node of this run. It knows the steps that our Dockerfile uses and refuses all others.
 */
export const buildImage = async (context: string): Promise<{ image: Image; remove(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'samtykkehub-image-'));
  const remove = async () => {
    // A read-only tree cannot be removed by whoever owns it.
    await exec('chmod', ['-R', 'u+w', folder]);
    await rm(folder, { recursive: true, force: true });
  };
  const umask = process.umask(0o022);
  try {
    const path = join(folder, 'node');
    await mkdir(path);
    await copyFile(process.execPath, join(path, 'node'));
    // npm may have put it down under a narrower umask.
    for (const one of [folder, join(path, 'node')]) await chmod(one, 0o755);
    const stages = new Map<string, Image>();
    let image: Image | undefined;
    for (const step of stepsOf(await readFile(join(context, 'Dockerfile'), 'utf8'))) {
      if (step.word === 'FROM') {
        const [base = '', , name = 'last'] = step.rest.split(/\s+/);
        const root = join(folder, name);
        await mkdir(root);
        image = { root, path, base, workdir: '/', env: {}, user: '', entrypoint: [], cmd: [], healthcheck: [] };
        stages.set(name, image);
      } else if (image) await take(image, step, stages, context);
    }
    if (!image) throw new Error('the Dockerfile has no stage');
    await exec('chmod', ['-R', 'a-w', image.root]);
    return { image, remove };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    process.umask(umask);
  }
};
