// SPDX-License-Identifier: GPL-2.0
// node http.js serve ADDRESS PORT: answer each request with its own body
// node http.js get ADDRESS PORT N BYTES: N requests with a body of BYTES, on 4 connections
const assert = require('node:assert');
const http = require('node:http');

const [mode, host, port, n, bytes] = process.argv.slice(2);

function serve() {
	http.createServer((request, response) => request.pipe(response)).listen(port, host);
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

function post(i) {
	const body = Buffer.alloc(Number(bytes), `request ${i},`);

	return new Promise((resolve, reject) => {
		const request = http.request({ host, port, agent, method: 'POST' }, (response) => {
			const parts = [];

			response.on('data', (part) => parts.push(part));
			response.on('error', reject);
			response.on('end', () => resolve(assert(Buffer.concat(parts).equals(body), `answer ${i}`)));
		});

		request.on('error', reject);
		request.end(body);
	});
}

async function get() {
	await Promise.all(Array.from({ length: Number(n) }, (_, i) => post(i)));
	agent.destroy();
}

if (mode === 'serve')
	serve();
else
	get();
