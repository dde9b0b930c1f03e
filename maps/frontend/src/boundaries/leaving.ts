/** Have the browser ask before the page goes while something would be lost. Returns what ends it. */
export function askBeforeLeaving(isUnsaved: () => boolean, page: EventTarget = window): () => void {
  const heard = (event: Event) => {
    if (!isUnsaved()) return;
    event.preventDefault();
    (event as BeforeUnloadEvent).returnValue = true; // for browsers of before 2024
  };
  page.addEventListener("beforeunload", heard);
  return () => page.removeEventListener("beforeunload", heard);
}
