/** The handle between what is in force and the draft: dragged by a pointer, or moved by keys. */

const STEP = 24; // pixels a key moves it
const PAGE = 5; // times that

export class Swipe {
  private readonly handle = document.createElement("div");
  private readonly frame: HTMLElement;
  private readonly moved: (at: number) => void;
  private at = 0;

  constructor(frame: HTMLElement, moved: (at: number) => void) {
    this.frame = frame;
    this.moved = moved;
    const { handle } = this;
    handle.className = "swipe";
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-valuemin", "0");
    handle.setAttribute("aria-valuemax", "100");
    handle.addEventListener("pointerdown", (event) => this.begin(event));
    handle.addEventListener("pointermove", (event) => handle.hasPointerCapture(event.pointerId) && this.follow(event));
    handle.addEventListener("keydown", (event) => this.key(event));
    for (const kind of ["mousedown", "touchstart", "click", "dblclick"]) handle.addEventListener(kind, (event) => event.stopPropagation());
    frame.append(handle);
    this.put(0);
  }

  set label(label: string) {
    this.handle.setAttribute("aria-label", label);
  }

  set isShown(isShown: boolean) {
    this.handle.hidden = !isShown;
  }

  /** Its place again, after the map got another size. */
  fit(): void {
    this.put(Math.min(this.at, this.frame.clientWidth));
  }

  private begin(event: PointerEvent): void {
    event.stopPropagation();
    this.handle.setPointerCapture(event.pointerId);
  }

  private follow(event: PointerEvent): void {
    this.put(event.clientX - this.frame.getBoundingClientRect().left);
  }

  private key(event: KeyboardEvent): void {
    const { clientWidth } = this.frame;
    const to: Record<string, number> = {
      ArrowLeft: this.at - STEP, ArrowRight: this.at + STEP, PageDown: this.at - PAGE * STEP, PageUp: this.at + PAGE * STEP,
      Home: 0, End: clientWidth,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    event.stopPropagation();
    this.put(to[event.key]!);
  }

  private put(at: number): void {
    const width = this.frame.clientWidth;
    this.at = Math.max(0, Math.min(width, at));
    this.handle.style.left = `${this.at}px`;
    this.handle.setAttribute("aria-valuenow", String(width ? Math.round((100 * this.at) / width) : 0));
    this.moved(this.at);
  }
}
