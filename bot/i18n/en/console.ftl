console-toolbar = /help help · /+ 👍 · /- 👎 · Ctrl-C stops the answer · Ctrl-D leaves
console-stopping = Stopping…
console-leave = I am not writing anything. To leave, press Ctrl-D.
console-no-vote = There is no answer to rate yet.
console-vote-good = Noted: 👍
console-saved = Saved to `{ $path }`
