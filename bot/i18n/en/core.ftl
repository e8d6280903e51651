core-stopped = _(You stopped me here.)_
core-place-in-line = ⏳ Others are waiting too: you are number { $place } in line.
core-apology = Sorry: I was switched off and could not answer this in time. If you still need it, please write it again.
core-too-many = You already have { $waiting } messages waiting for an answer. Let me answer those first, then send this one again.
core-ask-correction = What would have been right? Reply to this message and I will note it.
core-correction-thanks = Noted. Thank you for teaching me.
core-nothing-said = There is nothing in that message I can read. Could you put it in words?
core-first-admin = Nobody is my admin yet. To become it, send me this code in a direct chat within a day: { $code }
