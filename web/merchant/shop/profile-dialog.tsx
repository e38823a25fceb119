import { MAX_DISPLAY_NAME, type Profile, profile as profileContract } from "@shopwire/client"
import { useCall } from "@shopwire/react"
import { type SubmitEvent, useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { CopiedId } from "../parts/copied-id.tsx"
import { Dialog } from "../parts/dialog.tsx"
import { notSavedText } from "../parts/failure-text.ts"
import { HoursField } from "./hours-field.tsx"
import { LanguagesField } from "./languages-field.tsx"
import { draftOf, isBackwards, patchOf, weekdays } from "./profile-draft.ts"

/** A basket without activity for a day is dropped, so no threshold is longer. */
const MOST_MINUTES = 24 * 60

/** Edits what the shop says of itself; all screens of the shop show it at once. */
export function ProfileDialog({ shopId, profile, onClose }: { shopId: string; profile: Profile; onClose: () => void }) {
  const { t } = useTranslation()
  const { locale } = useFormat()
  const [draft, setDraft] = useState(() => draftOf(profile, Intl.DateTimeFormat().resolvedOptions().timeZone))
  const { call, pending, failure } = useCall(profileContract, { shop_id: shopId }, "set")
  const id = useId()
  const wrongHours = weekdays.some((day) => draft.hours[day].some(isBackwards))

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (wrongHours) return
    const patch = patchOf(draft, profile)
    if (Object.keys(patch).length === 0 || (await call(patch)) !== undefined) onClose()
  }

  const currencies = new Intl.DisplayNames([locale], { type: "currency" })
  return (
    <Dialog title={t("profile.title")} side onClose={onClose}>
      <form className="profile" onSubmit={(event) => void submit(event)}>
        <label htmlFor={`${id}-name`}>{t("profile.name")}</label>
        <input
          id={`${id}-name`}
          value={draft.name}
          maxLength={MAX_DISPLAY_NAME}
          autoComplete="organization"
          onChange={({ target }) => setDraft({ ...draft, name: target.value })}
        />
        <label htmlFor={`${id}-currency`}>{t("profile.currency")}</label>
        <select
          id={`${id}-currency`}
          value={draft.currency}
          onChange={({ target }) => setDraft({ ...draft, currency: target.value })}
        >
          <option value="">{t("profile.noCurrency")}</option>
          {Intl.supportedValuesOf("currency").map((code) => (
            <option key={code} value={code}>
              {code} · {currencies.of(code)}
            </option>
          ))}
        </select>
        <label htmlFor={`${id}-zone`}>{t("profile.timeZone")}</label>
        <select
          id={`${id}-zone`}
          value={draft.timeZone}
          aria-describedby={`${id}-zone-hint`}
          onChange={({ target }) => setDraft({ ...draft, timeZone: target.value })}
        >
          {[...new Set([draft.timeZone, profile.time_zone, "UTC", ...Intl.supportedValuesOf("timeZone")])].map(
            (zone) => (
              <option key={zone} value={zone}>
                {zone.replaceAll("_", " ")}
              </option>
            ),
          )}
        </select>
        <p className="hint" id={`${id}-zone-hint`}>
          {t("profile.timeZoneHint")}
        </p>
        <LanguagesField languages={draft.languages} onLanguages={(languages) => setDraft({ ...draft, languages })} />
        <HoursField hours={draft.hours} onHours={(hours) => setDraft({ ...draft, hours })} />
        <Minutes
          label={t("profile.coldAfter")}
          minutes={draft.coldAfterMin}
          onMinutes={(coldAfterMin) => setDraft({ ...draft, coldAfterMin })}
        />
        <Minutes
          label={t("profile.abandonedAfter")}
          minutes={draft.abandonedAfterMin}
          onMinutes={(abandonedAfterMin) => setDraft({ ...draft, abandonedAfterMin })}
        />
        {failure !== undefined && (
          <p className="wrong" role="alert">
            {notSavedText(t, failure)}
          </p>
        )}
        <div className="actions">
          <button type="submit" className="primary" disabled={pending || wrongHours}>
            {t("profile.save")}
          </button>
          <button type="button" onClick={onClose}>
            {t("profile.cancel")}
          </button>
        </div>
        <p className="hint">{t("profile.forAll")}</p>
        <div className="shop-id quiet">
          {t("profile.shopId")}
          <CopiedId id={shopId} label={t("profile.shopId")} />
        </div>
      </form>
    </Dialog>
  )
}

function Minutes({
  label,
  minutes,
  onMinutes,
}: {
  label: string
  minutes: number
  onMinutes: (minutes: number) => void
}) {
  const { t } = useTranslation()
  const id = useId()
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <div className="row with-unit">
        <input
          id={id}
          type="number"
          inputMode="numeric"
          required
          min={1}
          max={MOST_MINUTES}
          step="any"
          value={Number.isNaN(minutes) ? "" : minutes}
          onChange={({ target }) => onMinutes(target.valueAsNumber)}
        />
        <span className="quiet">{t("profile.minutes")}</span>
      </div>
    </>
  )
}
