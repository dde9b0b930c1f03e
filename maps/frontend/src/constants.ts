/** Constants that the server wrote into the page: maps/palette.py is the one place where they are decided. */

export interface ClassStyle {
  name: string;
  letter: string;
  shape: string;
}

export interface Constants {
  version: string;
  classes: ClassStyle[];
  flags: { overdue: number; ambiguous: number; due_soon: number };
}

export function readConstants<T = Constants>(): T {
  return JSON.parse(document.querySelector<HTMLMetaElement>('meta[name="gridwarden"]')!.content) as T;
}
