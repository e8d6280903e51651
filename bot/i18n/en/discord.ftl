# What is seen only in Discord. The form's title and label: 45 characters at most; the hint, 100.
discord-correction-title = Help me improve
discord-correction-label = What would have been right?
discord-correction-placeholder = Write the answer you expected, or what was wrong.
discord-correction-thanks = Thank you, I have noted it.
discord-vote-good = Thank you, noted: 👍. You can change it whenever you like.
discord-argument = What follows the command
