/** What the workbench asks of the server beside what every page does. */

import { Api, Problem } from "../api.ts";
import type { AliasPage } from "./payloads.ts";

export class BenchApi extends Api {
  /** Called when the server does not know us any more; set by the page. */
  onSignedOut: () => void = () => {};

  aliases(takenBack: boolean, cursor = ""): Promise<AliasPage> {
    const query = new URLSearchParams({ taken_back: String(takenBack), ...(cursor && { cursor }) });
    return this.json(`${this.base}/aliases?${query}`);
  }

  async takeBack(key: string, alias: number): Promise<void> {
    await this.send(`${this.base}/aliases/${alias}`, { method: "DELETE", headers: { "Idempotency-Key": key } });
  }

  protected override async send(url: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await super.send(url, init);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.onSignedOut();
      throw error;
    }
  }
}
