/** The page for who is not signed in: posts the token of the link's fragment, then goes to the map. */

import { readConstants } from "./constants.ts";
import { documentLanguage, wordsOf } from "./i18n/index.ts";
import { wallWordsOf } from "./i18n/wall.ts";
import { applyTheme, rememberedTheme } from "./theme.ts";

const RETRY_MS = 15_000;

const isWall = new URLSearchParams(location.search).has("wall");

function wordsHere() {
  const language = documentLanguage();
  const words = wordsOf(language);
  if (!isWall) return words;
  const { signInFailed, signInOffline } = wallWordsOf(language);
  return { ...words, signInHelp: signInFailed, signInFailed, signInOffline };
}

function start(): void {
  const words = wordsHere();
  applyTheme(isWall ? "dark" : rememberedTheme());
  document.documentElement.toggleAttribute("data-wall", isWall);
  const token = location.hash.slice(1);
  document.title = `${words.signIn} · Gridwarden`;
  // The fragment of a view is not a token; what is left of a used link must not stay in the history.
  if (!token || /[/=]|^\?/.test(token)) return show(words.signIn, words.signInHelp);
  history.replaceState(null, "", location.pathname + location.search);
  show(words.signIn, words.signingIn);
  void signIn(token);
}

async function signIn(token: string): Promise<void> {
  const words = wordsHere();
  const { session } = readConstants<{ session: string }>();
  const body = JSON.stringify({ token });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(session, { method: "POST", headers, body, credentials: "same-origin" }).catch(() => null);
  if (response?.ok) location.replace(`/${location.search}`);
  else if (response && response.status < 500) show(words.signIn, words.signInFailed);
  else {
    show(words.signIn, words.signInOffline);
    if (isWall) setTimeout(() => void signIn(token), RETRY_MS); // nobody is there to press a button
  }
}

function show(title: string, text: string): void {
  const heading = document.createElement("h1");
  heading.textContent = title;
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  const brand = document.createElement("p");
  brand.className = "sign-in-brand";
  brand.textContent = `${wordsHere().title} · Gridwarden`;
  document.getElementById("sign-in")!.replaceChildren(brand, heading, paragraph);
}

start();
