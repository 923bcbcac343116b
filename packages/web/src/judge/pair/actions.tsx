/** @file The buttons of the judging area. They show their keys where the device probably has a keyboard. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "../../shell/icons.tsx";
import { KeyCap } from "../../shell/keyCap.tsx";
import { useStored } from "../../shell/stored.ts";
import type { SessionDialogs } from "../dialogs/dialogs.ts";
import { shortcutsChoice } from "../keys/keys.ts";
import { mayChoose, mayLeave, mayUndo } from "../round/judging.ts";

import type { JudgingHandle } from "../round/useJudging.ts";

/** The row of buttons below the pictures, or beside them in a low window. */
export function Actions({ judging, dialogs }: { judging: JudgingHandle; dialogs: SessionDialogs }) {
  const { state, choose, skip, undo } = judging;
  const open = mayLeave(state);
  return (
    <div className="actions">
      <Action id="undo" icon="undo" name="Undo" keyName="Z" disabled={!mayUndo(state)} act={undo} />
      <Action id="skip" icon="skip" name="Skip" keyName="S" disabled={!open} act={skip} />
      <button
        type="button"
        data-testid="choice-tie"
        className="button button-plain action-tie aria-disabled:opacity-60"
        aria-disabled={!mayChoose(state)}
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur();
          if (event.detail < 2) choose("tie");
        }}
      >
        <Icon name="equal" />
        Equally good
        <Key name="0" />
      </button>
      <Action id="enlarge" icon="enlarge" name="Enlarge" keyName="E" disabled={!state.shown} act={dialogs.enlarge} />
      <Action
        id="report"
        icon="flag"
        name="Report"
        label="Report a picture"
        disabled={!open}
        act={() => dialogs.report.current?.showModal()}
      />
      <Action
        id="help"
        icon="help"
        name="Help"
        label="Help: how to judge, and the keys"
        keyName="?"
        act={() => dialogs.help.current?.showModal()}
      />
    </div>
  );
}

interface ActionProps {
  id: string;
  icon: IconName;
  /** The text beside the icon, where there is room. */
  name: string;
  /** The text for screen readers, in place of `name`. */
  label?: string;
  keyName?: string;
  disabled?: boolean;
  act: () => void;
}

function Action({ id, icon, name, label, keyName, disabled = false, act }: ActionProps) {
  return (
    <button
      type="button"
      data-testid={id}
      className="button button-quiet action"
      aria-label={label ?? name}
      title={label ?? name}
      disabled={disabled}
      onClick={act}
    >
      <Icon name={icon} />
      <span className="action-name">{name}</span>
      {keyName && <Key name={keyName} />}
    </button>
  );
}

/** The name of a key beside a button; nothing while the person has switched the keys off. */
export function Key({ name }: { name: string }): ReactNode {
  const [shortcuts] = useStored(shortcutsChoice);
  if (!shortcuts) return null;
  return <KeyCap name={name} />;
}
