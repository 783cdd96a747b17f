// The real server, on one port for its whole life, which can be killed and started again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

// Below the ports that a system gives to outgoing connections: one of those might take it while the server is down.
export async function freePort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    const probe = net.createServer().listen(port, '127.0.0.1');
    if (!await once(probe, 'listening').then(() => true, () => false)) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

export class Server {
  // In the current folder, which holds a project with the model `feedback`.
  static start(...flags) { return Server.#begin(['serve', '--model', 'feedback', ...flags]); }
  // The pages alone; what they ask goes on to `api`.
  static pagesOf(api) { return Server.#begin(['pages', '--api', api.url]); }
  static async #begin(command) {
    const server = new Server();
    server.port = await freePort();
    server.command = command;
    await server.again();
    return server;
  }
  get url() { return `http://127.0.0.1:${this.port}`; }

  async again() {
    let said = '';
    this.process = spawn(process.env.MLOPSCTL, [...this.command, '--port', String(this.port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => { said += text; });
    const ended = once(this.process, 'exit').then(() => { throw new Error(`the server ended: ${said}`); });
    ended.catch(() => {});
    const ready = async () => {
      for (;;) {
        const answer = await fetch(`${this.url}/health`).catch(() => null);
        if (answer?.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await Promise.race([ready(), ended]);
  }
  async kill() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
  async post(path, body, headers = {}) {
    const answer = await fetch(this.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
  // The best class of each text.
  async labels(texts) {
    const rows = await this.post('/', { inputs: texts, parameters: { top_k: null } });
    return rows.map((classes) => classes.reduce((a, b) => (b.score > a.score ? b : a)).label);
  }
}
