// The connection made by an admin in a browser, while the end-to-end test `connection` is the operator: it starts the sidecar with the
// lines that the page shows.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { expectAccessible, expectNoSideways, expectShown, fromEnvironment, launch, openPage, picture } from '../support.ts';

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test('Connect, paste, and the page turns green by itself', async () => {
  const opened = await openPage(browser, 'connector-admin', { account: fromEnvironment('ACCOUNT') });
  const { app } = opened;
  await expectShown(opened, 'ChefStackZ Connector for Zammad');
  await app.getByText('The connection was ended.').waitFor();
  await picture(opened, 'connection-ended');
  await app.getByRole('button', { name: 'Connect', exact: true }).click();
  const env = app.getByText('FORGE_SHARED_SECRET=').first();
  await env.waitFor();
  await picture(opened, 'connection-paste');
  await expectAccessible(opened, 'the texts to paste');
  const lines = await app.locator('pre, code').filter({ hasText: 'FORGE_SHARED_SECRET=' }).first().innerText();
  assert.match(lines, /FORGE_SHARED_SECRET=[0-9a-f]{64}/);
  const socket = connect(Number(fromEnvironment('CALLBACK_PORT')), '127.0.0.1');
  socket.end(lines);
  await once(socket, 'close');
  await app.getByText('connected', { exact: true }).waitFor({ timeout: 60_000 });
  await app.getByText('Version of the sidecar').waitFor();
  await expectAccessible(opened, 'a connected sidecar');
  await expectNoSideways(opened, 'a connected sidecar');
  await picture(opened, 'connection-connected');
  assert.ok(!(await app.locator('main').innerText()).includes('FORGE_SHARED_SECRET='), 'the secret is gone');
});
