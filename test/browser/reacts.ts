/** The versions of React that the hooks are for, and under which names their packages are installed. */
export const reacts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "React 19": {},
  "React 18": { react: "react-18", "react-dom": "react-dom-18" },
}
