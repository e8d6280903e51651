# Short notices that Telegram shows when a button is pressed.
telegram-vote-good = Thank you! Glad it helped.
telegram-vote-bad = Thank you, I'll bear it in mind.
