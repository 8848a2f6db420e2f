// Redrive or drop: first a dry run that says what would happen, then the question, then the deed.
import {useEffect, useState} from 'preact/hooks';
import {LetterReport, post} from '../api';
import {Trouble} from '../parts/basics';
import {Confirm} from '../parts/confirm';
import {count} from '../format';

export interface Target { kind: 'redrive' | 'drop'; ids?: string[]; filter?: Record<string, string>; total?: number }

const isForceable = (detail: string | undefined) => detail?.includes('or force it') ?? false;

export function LetterAct(props: {target: Target; onClose: () => void; onDone: (report: LetterReport) => void}) {
  const {target} = props;
  const [plan, setPlan] = useState<LetterReport>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [isForced, setForced] = useState(false);
  const order = (isDryRun: boolean) => post<LetterReport>(`/api/dead-letters/${target.kind}`, {
    ...(target.ids ? {ids: target.ids} : {filter: target.filter}),
    dry_run: isDryRun,
    ...(target.kind === 'redrive' && isForced ? {force: true} : {}),
  });
  useEffect(() => {
    let isGone = false;
    order(true).then((value) => { if (!isGone) setPlan(value); }, (problem) => { if (!isGone) setError(problem); });
    return () => { isGone = true; };
  }, [isForced]);
  const act = async () => {
    setBusy(true);
    setError(undefined);
    try {
      props.onDone(await order(false));
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const verb = target.kind === 'redrive' ? 'Redrive' : 'Drop';
  const n = plan?.planned ?? 0;
  const refused = plan?.outcomes.filter((one) => one.outcome === 'refused') ?? [];
  const canForce = target.kind === 'redrive' && (isForced || refused.some((one) => isForceable(one.detail)));
  return (
    <Confirm title={`${verb} ${plan ? count(n) : '…'} dead letter${n === 1 ? '' : 's'}?`} action={verb} tone={target.kind === 'drop' ? 'danger' : 'primary'}
      busy={isBusy} disabled={!plan || n === 0} onConfirm={() => void act()} onClose={props.onClose}>
      <p>{target.kind === 'redrive'
        ? 'Each goes back into its topic, those of one key in their order, and is tried again. An event that was indexed meanwhile is not indexed twice.'
        : 'They stay stored, marked as dropped; nothing is tried again.'}</p>
      {error !== undefined && <Trouble error={error} />}
      {plan && plan.left > 0 && <p class="note warn">{count(plan.left)} more match; one order takes 10,000.</p>}
      {refused.length > 0 && (
        <div class="note warn"><strong>{count(refused.length)} stay as they are</strong>
          <ul>{refused.slice(0, 5).map((one) => <li key={one.letter}><span class="mono">{one.letter}</span>: {one.detail}</li>)}</ul>
        </div>
      )}
      {canForce && <label class="check"><input type="checkbox" checked={isForced} onChange={(event) => setForced((event.target as HTMLInputElement).checked)} /> Redrive also what came back three times</label>}
    </Confirm>
  );
}
