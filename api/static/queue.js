/* The queue of acknowledgements made without a network. Shared by pages and the service worker.

   An item holds the alert's code, the action, its time, its own idempotency key and whose it is:
   nothing clinical. It is sent with the session of the same person only; the server decides who
   was first, so nothing is shown as "yours" before it has answered. */
"use strict";

const homecareQueue = (() => {
  const NAME = "homecare";
  const STORE = "actions";

  function open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  async function run(mode, work) {
    const db = await open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = db.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      db.close();
    }
  }

  const put = (item) => run("readwrite", (store) => store.put(item));
  const remove = (key) => run("readwrite", (store) => store.delete(key));
  const all = () => run("readonly", (store) => store.getAll());
  const clear = () => run("readwrite", (store) => store.clear());

  function item(code, action, user) {
    return { key: crypto.randomUUID(), code, action, done_at: Date.now(), user };
  }

  /* Sends what waits. Returns {sent, lost, waiting, signedOut}: `lost` were refused or came second. */
  async function flush() {
    const waiting = (await all()).sort((a, b) => a.done_at - b.done_at);
    const result = { sent: [], lost: [], waiting: waiting.length, signedOut: false, user: null };
    if (!waiting.length) return result;
    const session = await fetch("/api/v1/session", { headers: { accept: "application/json" } });
    if (session.status === 401) return { ...result, signedOut: true };
    if (!session.ok) return result;
    const { login, csrf } = await session.json();
    result.user = login;
    for (const one of waiting) {
      if (one.user !== login) continue;
      const answer = await fetch(`/api/v1/alerts/${encodeURIComponent(one.code)}/${one.action}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-csrf-token": csrf },
        body: JSON.stringify({ key: one.key, done_at: one.done_at }),
      });
      if (answer.status === 401) return { ...result, signedOut: true };
      if (answer.status >= 500 || answer.status === 429) break;
      const body = await answer.json().catch(() => ({}));
      if (answer.ok) result.sent.push({ ...one, at: Date.now() });
      else result.lost.push({ ...one, problem: body.detail || body.title || String(answer.status) });
      await remove(one.key);
      result.waiting -= 1;
    }
    return result;
  }

  return { put, remove, all, clear, item, flush };
})();

if (typeof self !== "undefined") self.homecareQueue = homecareQueue;
