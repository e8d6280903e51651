model-date = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sept
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year }

model-you-said = You told me: “{ $text }” ({ $when })
model-i-said = I told you: “{ $text }” ({ $when })
model-who-said = { $who } said: “{ $text }” ({ $when })
model-several = This is what I remember:
model-about-you = This is what you have told me:

model-noted-1 = All right, noted.
model-noted-2 = Got it, I will remember.
model-noted-3 = Noted. Ask me about it whenever you like.
model-noted-4 = OK, I will keep that in mind.

model-greeting-1 = Hello! Tell me anything and I will remember it, or ask me about something you have told me.
model-greeting-2 = Hello again! Here I am.
model-thanks = You are welcome.
model-farewell = See you!

model-unknown-1 = I do not know: I find nothing about that in what you have told me.
model-unknown-2 = That I do not know; nobody has told me yet.
model-unknown-3 = I remember nothing that answers that.
model-unable-1 = I cannot do that without a language model.
model-unable-2 = That takes a language model, and I have none now.
model-self = I remember what you tell me and give it back when you ask, with the date and who said it.
model-get-one = Right now I answer from memory alone: I cannot reason, write, or know what nobody has told me. For a real conversation, install Ollama (https://ollama.com) on the computer I live on and choose a model with /model.
