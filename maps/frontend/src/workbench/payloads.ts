/** What the server sends to the workbench, as far as it reads it. */

/** What people call a place or an area. place, area: its code; one of them. */
export interface Alias {
  id: number;
  text: string;
  place: string | null;
  area: string | null;
  /** In the register. */
  name: string;
  actor: string | null;
  learnt_at: string;
  taken_back_at: string | null;
}

export interface AliasPage {
  items: Alias[];
  next: string | null;
}
