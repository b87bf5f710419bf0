import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiInterest } from '../api.ts';
import { count } from './format.ts';
import { html, type VNode } from './html.ts';

interface TreeViewProps {
  label: string;
  roots: readonly ApiInterest[];
  /** By id, of what is loaded. */
  children: ReadonlyMap<number, readonly ApiInterest[]>;
  open: ReadonlySet<number>;
  /** Id; 0 where nothing is. */
  selected: number;
  onToggle: (id: number, open: boolean) => void;
  onSelect: (id: number) => void;
}

/** A line of the tree as it is shown. */
interface Line {
  interest: ApiInterest;
  parent: number;
  position: number;
  siblings: number;
}

/** The tree pattern of the WAI-ARIA practices: one stop for the Tab key, arrows within. */
export function TreeView(props: TreeViewProps): VNode {
  const { label, open, selected, onToggle, onSelect } = props;
  const lines = linesOf(props);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (selected > 0) setActive(selected);
  }, [selected]);
  useEffect(() => {
    const line = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (line) showWithin(list.current!, line);
  }, [selected, lines.length]);
  const at = Math.max(
    0,
    lines.findIndex(({ interest }) => interest.id === active),
  );

  const focus = (line: Line | undefined): void => {
    if (line === undefined) return;
    setActive(line.interest.id);
    list.current?.querySelector<HTMLElement>(`[data-id="${line.interest.id}"]`)?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    const line = lines[at];
    const { id, children } = line.interest;
    const isOpen = open.has(id);
    const actions: Record<string, () => void> = {
      ArrowDown: () => focus(lines[at + 1]),
      ArrowUp: () => focus(lines[at - 1]),
      Home: () => focus(lines[0]),
      End: () => focus(lines.at(-1)),
      ArrowRight: () => {
        if (isOpen) focus(lines[at + 1]);
        else if (children > 0) onToggle(id, true);
      },
      ArrowLeft: () => {
        if (isOpen) onToggle(id, false);
        else focus(lines.find(({ interest }) => interest.id === line.parent));
      },
      Enter: () => onSelect(id),
      ' ': () => onSelect(id),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  };

  return html`<ul role="tree" class="tree" aria-label=${label} ref=${list} onKeyDown=${press}>
    ${lines.map(
      (line, i) =>
        html`<${Item}
          key=${line.interest.id}
          line=${line}
          isOpen=${open.has(line.interest.id)}
          isSelected=${line.interest.id === selected}
          isActive=${i === at}
          onToggle=${onToggle}
          onSelect=${(id: number) => {
            setActive(id);
            onSelect(id);
          }}
        />`,
    )}
  </ul>`;
}

/** Scrolls the tree, and nothing around it, as far as it takes to see the line. */
function showWithin(tree: HTMLElement, line: HTMLElement): void {
  const [frame, box] = [tree.getBoundingClientRect(), line.getBoundingClientRect()];
  if (box.top < frame.top) tree.scrollTop -= frame.top - box.top;
  else if (box.bottom > frame.bottom) tree.scrollTop += box.bottom - frame.bottom;
}

interface ItemProps {
  line: Line;
  isOpen: boolean;
  isSelected: boolean;
  isActive: boolean;
  onToggle: (id: number, open: boolean) => void;
  onSelect: (id: number) => void;
}

function Item({ line, isOpen, isSelected, isActive, onToggle, onSelect }: ItemProps): VNode {
  const { id, name, level, children, pins, ownPins, unsafe, hidden } = line.interest;
  return html`<li
    role="treeitem"
    data-id=${id}
    tabindex=${isActive ? 0 : -1}
    aria-level=${level}
    aria-posinset=${line.position}
    aria-setsize=${line.siblings}
    aria-expanded=${children > 0 ? String(isOpen) : undefined}
    aria-selected=${String(isSelected)}
    style=${{ paddingInlineStart: `${0.4 + 1.1 * (level - 1)}rem` }}
    onClick=${() => onSelect(id)}
  >
    <span
      class=${children > 0 ? 'twist' : 'twist none'}
      aria-hidden="true"
      onClick=${(event: Event) => {
        if (children === 0) return;
        event.stopPropagation();
        onToggle(id, !isOpen);
      }}
      >${isOpen ? '▾' : '▸'}</span
    >
    <span class="name">${name}</span>
    ${unsafe && html`<span class="tag warn">unsafe</span>`}${hidden && html`<span class="tag">hidden</span>`}
    ${
      pins !== null &&
      html`<span class="figure" title=${`${count(ownPins!)} of them have nothing below it`}
        >${count(pins)}<span class="hidden"> Pins</span></span
      >`
    }
  </li>`;
}

function linesOf({ roots, children, open }: TreeViewProps): Line[] {
  const lines: Line[] = [];
  const add = (siblings: readonly ApiInterest[], parent: number): void => {
    siblings.forEach((interest, i) => {
      lines.push({ interest, parent, position: i + 1, siblings: siblings.length });
      if (open.has(interest.id)) add(children.get(interest.id) ?? [], interest.id);
    });
  };
  add(roots, 0);
  return lines;
}
