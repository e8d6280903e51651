error-import = I cannot read that history. Check that the file is whole, and export it again if need be.

data-export-title = What { $name } knows about you
data-export-intro = Exported on { $at }. { $count ->
    [0] No message is kept.
    [one] One message is kept.
   *[other] { $count } messages are kept: what you said and what you were answered.
 } What other people said is not in here.
data-export-you = You
data-export-settings = Your settings
data-export-accounts = Your accounts
data-export-grants = What you may do
data-export-votes = Your votes
data-export-corrections = Your corrections
data-export-usage = Messages a day
data-export-codes = Codes that wait
data-export-audit = What you did here
