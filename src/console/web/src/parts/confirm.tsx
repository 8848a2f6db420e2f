// Asks before something is done that cannot be taken back.
import {ComponentChildren} from 'preact';
import {useEffect, useRef} from 'preact/hooks';

export function Confirm(props: {
  title: string; action: string; tone?: string; busy?: boolean; disabled?: boolean;
  onConfirm: () => void; onClose: () => void; children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onCancel={(event) => { event.preventDefault(); props.onClose(); }}>
      <form method="dialog" onSubmit={(event) => { event.preventDefault(); props.onConfirm(); }}>
        <h2 id="confirm-title">{props.title}</h2>
        {props.children}
        <div class="actions end">
          <button type="button" onClick={props.onClose}>Cancel</button>
          <button type="submit" class={props.tone ?? 'primary'} disabled={props.busy || props.disabled}>
            {props.busy ? 'Working …' : props.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
