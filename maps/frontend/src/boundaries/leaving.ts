/** Have the browser ask before the page goes while something would be lost. Returns what ends it. */
export function askBeforeLeaving(isUnsaved: () => boolean, page: EventTarget = window): () => void {
  const heard = (event: Event) => {
    if (isUnsaved()) event.preventDefault();
  };
  page.addEventListener("beforeunload", heard);
  return () => page.removeEventListener("beforeunload", heard);
}
