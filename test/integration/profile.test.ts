import { randomUUID } from "node:crypto"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { defaultProfile, type Profile, type ProfilePatch } from "../../contract/profile.ts"
import { useGateway } from "../helpers/gateway.ts"
import { useIssuer } from "../helpers/issuer.ts"
import { useProduct } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { type ClientModel, useClients } from "../helpers/res-client.ts"
import { until } from "../helpers/until.ts"

describe("store.<shop_id>.profile", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const newClient = useClients(gateway)

  const set = (shopId: string, params: unknown) =>
    resRequest(product.nats, `call.store.${shopId}.profile.set`, { params, cid: "test" })
  const profileOf = async (shopId: string): Promise<Profile> => {
    const answer = await fetch(`${gateway.url}/api/store/${shopId}/profile`)
    expect(answer.status).to.equal(200)
    return (await answer.json()) as Profile
  }

  const whole: Omit<Profile, "set"> = {
    name: "Corner Grocery",
    currency: "KWD",
    time_zone: "Asia/Kuwait",
    languages: ["ar", "en-GB"],
    opening_hours: {
      mon: [
        ["09:00", "12:30"],
        ["14:00", "24:00"],
      ],
      sun: [],
    },
    cold_after_s: 300,
    abandoned_after_s: 1800,
  }

  it("is the defaults for a shop that has set nothing, also for one that nobody has used", async () => {
    expect(await profileOf(randomUUID())).to.deep.equal({ ...defaultProfile, time_zone: "UTC", set: false })
  })

  it("is set field by field; null brings a default back, and what is left out stays", async () => {
    const shopId = randomUUID()
    expect((await set(shopId, whole)).result).to.deep.equal({ ...whole, set: true })
    expect(await profileOf(shopId)).to.deep.equal({ ...whole, set: true })
    const patch: ProfilePatch = { currency: null, cold_after_s: null, name: " Corner " }
    expect((await set(shopId, patch)).result).to.include({ name: "Corner", currency: null, cold_after_s: 600 })
    expect(await profileOf(shopId)).to.deep.equal({
      ...whole,
      name: "Corner",
      currency: null,
      cold_after_s: 600,
      set: true,
    })
    expect((await set(shopId, {})).result).to.include({ name: "Corner", set: true })
    const none = Object.fromEntries(Object.keys(whole).map((field) => [field, null]))
    expect((await set(shopId, none)).result).to.deep.equal(defaultProfile)
  })

  it("is another shop's no more than its events are", async () => {
    const [own, other] = [randomUUID(), randomUUID()]
    await set(own, whole)
    expect((await profileOf(other)).set).to.equal(false)
  })

  it("changes on every screen, before its setter is answered, and is still there after a restart", async () => {
    const shopId = randomUUID()
    const [first, second] = [newClient(), newClient()]
    const rid = `store.${shopId}.profile`
    const seen = await Promise.all([first, second].map((client) => client.get<ClientModel<Profile>>(rid)))
    for (const model of seen) model.on("change", () => {})
    const [here, there] = seen
    const answer = await first.call<Profile>(rid, "set", { name: "Paper & Ink", languages: ["es"] })
    expect(answer).to.include({ name: "Paper & Ink", set: true })
    expect(here?.props).to.deep.include({ name: "Paper & Ink", set: true, languages: ["es"] })
    await until("the other screen", () => there?.props.name === "Paper & Ink")
    await product.restartService()
    expect(await profileOf(shopId)).to.deep.include({ name: "Paper & Ink", languages: ["es"] })
    await first.call<Profile>(rid, "set", { name: null, languages: null })
    await until("the screens after the restart", () => seen.every(({ props }) => props.name === null && !props.set))
  })

  it("is not stored when a field is wrong or unknown, and the answer names the field", async () => {
    const shopId = randomUUID()
    const wrong: readonly (readonly [field: string, value: unknown])[] = [
      ["name", ""],
      ["name", "\u200b"],
      ["name", "x".repeat(101)],
      ["currency", "XYZ"],
      ["currency", "eur"],
      ["currency", 978],
      ["time_zone", "Mars/Olympus"],
      ["time_zone", "+01:00"],
      ["time_zone", ""],
      ["languages", "en"],
      ["languages", ["not a tag"]],
      ["languages", Array.from({ length: 21 }, () => "en")],
      ["opening_hours", { monday: [] }],
      ["opening_hours", { mon: [["18:00", "09:00"]] }],
      ["opening_hours", { mon: [["09:00", "25:00"]] }],
      ["opening_hours", { mon: [["9:00", "18:00"]] }],
      ["opening_hours", { mon: [["09:00"]] }],
      ["cold_after_s", 0],
      ["cold_after_s", 1.5],
      ["abandoned_after_s", 86_401],
      ["set", true],
      ["colour", "red"],
    ]
    for (const [field, value] of wrong) {
      const { error } = await set(shopId, { name: "Never stored", [field]: value })
      expect(error?.code, `${field} ${JSON.stringify(value)}`).to.equal("system.invalidParams")
      expect(JSON.stringify(error?.data), field).to.include(field)
    }
    for (const params of [undefined, null, "name", ["name"]])
      expect((await set(shopId, params)).error?.code, JSON.stringify(params)).to.equal("system.invalidParams")
    expect((await profileOf(shopId)).set).to.equal(false)
  })

  it("takes all settings of callers at the same time", async () => {
    const shopId = randomUUID()
    const fields = Object.entries(whole).map(([field, value]) => ({ [field]: value }))
    await Promise.all(fields.map((patch) => set(shopId, patch)))
    expect(await profileOf(shopId)).to.deep.equal({ ...whole, set: true })
  })

  it("is the default again on every screen when the bucket was lost, and can be set again", async () => {
    const shopId = randomUUID()
    const client = newClient()
    await set(shopId, whole)
    const seen = await client.get<ClientModel<Profile>>(`store.${shopId}.profile`)
    seen.on("change", () => {})
    expect(seen.props.currency).to.equal("KWD")
    await (await jetstreamManager(product.nats)).streams.delete("KV_profiles")
    await until("the default", () => seen.props.currency === null && !seen.props.set)
    await set(shopId, { currency: "JPY" })
    await until("the new currency", () => seen.props.currency === "JPY")
  })
})

describe("store.<shop_id>.profile, with tokens", () => {
  const issuer = useIssuer()
  const product = useProduct(() => ({ auth: { verifier: issuer.verifier, cookie: undefined } }))
  const own = randomUUID()

  const ask = async (method: "get" | "call", bearer: string | undefined) => {
    const subject = method === "get" ? `access.store.${own}.profile` : `call.store.${own}.profile.set`
    const token = bearer === undefined ? {} : { token: { bearer } }
    return await resRequest(product.nats, subject, { params: { name: "Set" }, cid: "test", ...token })
  }

  it("is set by the shop's merchants and admins, and by nobody else", async () => {
    for (const [role, shops] of [
      ["merchant", [own]],
      ["admin", []],
    ] as const) {
      const bearer = await issuer.token({ role, shops })
      expect((await ask("call", bearer)).result, role).to.include({ name: "Set" })
      expect((await ask("get", bearer)).result).to.deep.include({ get: true, call: "set" })
    }
    const strangers = [
      undefined,
      await issuer.token({ role: "merchant", shops: [randomUUID()] }),
      await issuer.token({ role: "shopper", shops: [own] }),
      await issuer.token({ shops: [own] }),
    ]
    for (const bearer of strangers) {
      expect((await ask("call", bearer)).error?.code).to.equal("system.accessDenied")
      expect((await ask("get", bearer)).result?.get ?? false).to.equal(false)
    }
  })
})
